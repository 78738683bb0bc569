import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '../../../lib/db/client.ts'
import { type Burst, runBurst } from '../../support/burst.ts'
import type { Tell } from '../progress.ts'
import type { Platform } from './ready.ts'
import { pretty, type Section } from './section.ts'

export const burstUploads = 500
const people = 25

/** Many files at once through the running platform. */
export async function measureBurst({ client, sql }: Platform, tell: Tell): Promise<Section> {
  const over = new AbortController()
  const counting = countReady(sql, tell, over.signal)
  try {
    return toSection(await runBurst({ client, uploads: burstUploads, people, patienceMs: 300_000 }))
  } finally {
    over.abort()
    await counting
  }
}

async function countReady(sql: Sql, tell: Tell, over: AbortSignal): Promise<void> {
  // Others may have come before.
  let known = await readyUploads(sql)
  while (!over.aborted) {
    await sleep(1_000, undefined, { signal: over }).catch(() => {})
    const now = await readyUploads(sql)
    tell(now - known)
    known = now
  }
}

async function readyUploads(sql: Sql): Promise<number> {
  const [row] = await sql<
    { count: number }[]
  >`select count(*)::int as count from uploads where status = 'ready'`
  return row!.count
}

function toSection(burst: Burst): Section {
  const seconds = (ms: number) => pretty(ms / 1_000)
  const others = [...new Set(burst.others)].map(
    (outcome) => `${burst.others.filter((one) => one === outcome).length} ${outcome}`,
  )
  const isLost = burst.ready < burstUploads
  return {
    title: `Burst: ${burstUploads} uploads at once through the local platform`,
    head: ['What', 'figure', ''],
    rows: [
      ['ended as ready', `${burst.ready} of ${burstUploads}`, isLost ? others.join(', ') : ''],
      ['s until the last file was sent', seconds(burst.sending_ms), ''],
      ['s until the last one plays', seconds(burst.duration_ms), ''],
      ['uploads a second', pretty(burst.per_second), ''],
      ['s from its last byte to ready, p50', seconds(burst.p50_ms), ''],
      ['s from its last byte to ready, slowest', seconds(burst.slowest_ms), ''],
      ['longest s in which none came to rest', seconds(burst.longest_pause_ms), ''],
    ],
    notes: [`Goal: all end as ready. Half a second of WAV each, no two the same, sent by ${people} people.`],
    summary: [
      [
        `${burstUploads} uploads at once through the local platform: ready; a second; p50 and slowest until it plays`,
        `${burst.ready}; ${pretty(burst.per_second)}; ${seconds(burst.p50_ms)} and ${seconds(burst.slowest_ms)} s`,
        'all ready',
      ],
    ],
  }
}
