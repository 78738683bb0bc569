import { makeAudio } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { beginPipeline, simpleClamd } from '../../support/mishaps.ts'
import { createSteps, mishaps, type Strike } from '../../support/steps.ts'

/** What is found in a version that plays already, whichever call of those that take it away goes wrong. */
const { sql } = useDatabase()
const wav = await makeAudio('wav', { seconds: 0.2 })

async function pass(strike?: Strike) {
  let isKnown = false
  const clamd = {
    ...simpleClamd,
    definitions: async () => (isKnown ? 'second' : 'first'),
    scan: async (source: AsyncIterable<Uint8Array>) => {
      const verdict = await simpleClamd.scan(source)
      return isKnown ? { verdict: 'infected' as const, signature: 'Late.Finding' } : verdict
    },
  }
  const steps = createSteps(strike)
  const { pipeline, upload, settle, end } = await beginPipeline(sql, { file: wav }, { steps, clamd })
  pipeline.send('scan', upload.event)
  await settle()
  const before = steps.made.length

  isKnown = true
  const [version] = await sql<[{ id: string }]>`
    select id from track_versions where track_id = ${upload.track_id}
  `
  pipeline.send('scan', { rescan: { version_id: version.id, definitions_version: 'second' } })
  await settle()
  const originals = [...pipeline.media.objects].filter(([key]) => key.startsWith('originals/'))
  return { made: steps.made, before, end: { ...(await end()), tags: originals.map(([, { tags }]) => tags) } }
}

test.each(mishaps)(
  'a version is withdrawn, sealed and told of once, whichever call is %s',
  async (mishap) => {
    const { made, before, end } = await pass()
    expect(end).toMatchObject({
      upload: 'rejected',
      reason: 'infected',
      tags: [{ verdict: 'infected' }],
      dead: [],
    })
    expect(end.letters).toBeGreaterThan(0)
    for (const [index, call] of made.entries()) {
      if (index < before) continue
      const struck = await pass({ mishap, at: index + 1 })
      expect({ call, ...struck.end }).toEqual({ call, ...end })
    }
  },
  240_000,
)
