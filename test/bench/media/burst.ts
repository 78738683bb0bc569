import type { Client } from '../../../infra/local/client.ts'
import { runBurst } from '../../support/burst.ts'
import type { Tell } from '../progress.ts'
import { pretty, type Section } from './section.ts'

const uploads = 500

/** Many files at once through the running platform. */
export async function measureBurst(client: Client, tell: Tell): Promise<Section> {
  const burst = await runBurst({ client, uploads, patienceMs: 300_000 })
  tell(1)
  const seconds = (ms: number) => pretty(ms / 1_000)
  const others = [...new Set(burst.others)].map(
    (outcome) => `${burst.others.filter((one) => one === outcome).length} ${outcome}`,
  )
  const isLost = burst.ready < uploads
  return {
    title: `Burst: ${uploads} uploads at once through the local platform`,
    head: ['What', 'figure', ''],
    rows: [
      ['ended as ready', `${burst.ready} of ${uploads}`, isLost ? others.join(', ') : ''],
      ['s until the last file was sent', seconds(burst.sending_ms), ''],
      ['s until the last one plays', seconds(burst.duration_ms), ''],
      ['uploads a second', pretty(burst.per_second), ''],
      ['s from its last byte to ready, p50', seconds(burst.p50_ms), ''],
      ['s from its last byte to ready, slowest', seconds(burst.slowest_ms), ''],
      ['longest s in which none came to rest', seconds(burst.longest_pause_ms), ''],
    ],
    notes: ['Goal: all end as ready. Half a second of WAV each, no two the same, sent by 25 people.'],
    summary: [
      [
        `${uploads} uploads at once through the local platform: ready; a second; p50 and slowest until it plays`,
        `${burst.ready}; ${pretty(burst.per_second)}; ${seconds(burst.p50_ms)} and ${seconds(burst.slowest_ms)} s`,
        'all ready',
      ],
    ],
  }
}
