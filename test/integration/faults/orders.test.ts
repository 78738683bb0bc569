import { createHash } from 'node:crypto'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { createUploadService } from '../../../lib/uploads/service.ts'
import { eicar, makeAudio } from '../../support/audio.ts'
import { createChance } from '../../support/chance.ts'
import { useDatabase } from '../../support/database.ts'
import { beginPipeline, passPipeline } from '../../support/mishaps.ts'

/** Every message twice, in orders that a seed settles. */
const { sql } = useDatabase()

const wav = await makeAudio('wav', { seconds: 0.2 })
const sha256Of = (file: Buffer) => createHash('sha256').update(file).digest('hex')
const seeds = Array.from({ length: 12 }, (_, index) => index + 1)
const dayMinutes = 24 * 60

const shuffled = (seed: number) => ({ copies: 2, choose: createChance(seed) })

const complete = ({ pipeline, actor, upload }: Awaited<ReturnType<typeof beginPipeline>>) => {
  const { uploads: store, now } = pipeline
  const { complete } = createUploadService({ sql, store, now })
  return () => complete(actor, upload.track_id, upload.upload_id, { parts: [] })
}

describe.each([
  { name: 'a clean file', file: wav },
  { name: 'an infected file', file: eicar(wav) },
])('$name ends as in order', ({ file }) => {
  test('whatever comes twice and late, and whoever says that all of it is there', async () => {
    const { end } = await passPipeline(sql, { file })
    for (const seed of seeds) {
      const world = await beginPipeline(sql, { file }, shuffled(seed))
      world.pipeline.send('scan', world.upload.event)
      world.pipeline.acts.push(complete(world), complete(world))
      await world.settle()
      expect({ seed, ...(await world.end()) }).toEqual({ seed, ...end })
    }
  }, 120_000)
})

test('of two objects at one key the one told of first is taken, whole, and the other goes unread', async () => {
  const newer = Buffer.concat([wav.subarray(0, wav.length - 4), Buffer.from('end!')])
  const taken = new Set<string>()
  for (const seed of seeds) {
    const { pipeline, upload, settle, end } = await beginPipeline(sql, { file: wav }, shuffled(seed))
    for (const event of [upload.event, pipeline.uploads.arrive(upload.key, newer)])
      pipeline.send('scan', event)
    await settle()

    const { sha256 } = (await sql`select sha256 from track_versions where track_id = ${upload.track_id}`)[0]!
    expect([sha256Of(wav), sha256Of(newer)]).toContain(sha256)
    taken.add(sha256)
    const originals = [...pipeline.media.objects].filter(([key]) => key.startsWith('originals/'))
    expect(originals.map(([, { bytes }]) => sha256Of(bytes))).toEqual([sha256])
    expect(await end()).toMatchObject({ upload: 'ready', quarantine: [], dead: [] })
  }
  expect(taken.size).toBe(2)
}, 120_000)

test('an object of which a late message tells when another one was taken in stays away', async () => {
  const { end: expected } = await passPipeline(sql, { file: wav })
  for (const seed of seeds) {
    const { pipeline, upload, settle, end } = await beginPipeline(sql, { file: wav }, shuffled(seed))
    pipeline.send('scan', upload.event)
    pipeline.acts.push(async () => {
      // Nothing can be put over an object that is there.
      if (pipeline.uploads.objects.has(upload.key)) return
      pipeline.send('scan', pipeline.uploads.arrive(upload.key, eicar(wav)))
      pipeline.send('scan', upload.event)
    })
    await settle()
    expect({ seed, ...(await end()) }).toEqual({ seed, ...expected })
  }
}, 120_000)

describe('a track that is deleted on the way', () => {
  const passDeleted = async (seed: number) => {
    const world = await beginPipeline(sql, { file: wav }, shuffled(seed))
    const { pipeline, upload, owner } = world
    const deletions = createTrackDeletionService({ sql, now: pipeline.now })
    pipeline.send('scan', upload.event)
    pipeline.acts.push(() => deletions.remove(owner, upload.track_id, () => {}))
    await world.settle()
    return { ...world, deletions, status: (await world.end()).upload }
  }

  test('leaves nothing once its time is over', async () => {
    for (const seed of seeds) {
      const { pipeline, end } = await passDeleted(seed)
      expect({ seed, ...(await end()) }).toMatchObject({ seed, dead: [] })
      pipeline.pass(40 * dayMinutes)
      await pipeline.settle(async () => pipeline.media.objects.size === 0)
      expect(pipeline.uploads.objects.size).toBe(0)
    }
  }, 120_000)

  test('says what became of its file when it is restored, and plays if that was found good', async () => {
    const ends = new Set<string>()
    for (const seed of seeds) {
      const { upload, owner, deletions, settle, end, status } = await passDeleted(seed)
      await deletions.restore(owner, upload.track_id)
      await settle()
      const { upload: after, reason, track, dead } = await end()
      ends.add(`${status} then ${after}`)
      const isLost = status === 'failed'
      expect({ seed, after, reason, track, dead }).toEqual({
        seed,
        after: isLost ? 'failed' : 'ready',
        reason: isLost ? 'track_deleted' : null,
        track: after,
        dead: [],
      })
    }
    expect([...ends].sort()).toEqual(['failed then failed', 'ready then ready', 'transcoding then ready'])
  }, 120_000)
})
