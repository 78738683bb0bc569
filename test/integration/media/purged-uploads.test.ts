import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { createRemoval, purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { createUploadSweep } from '../../../lib/uploads/sweep.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { makeAudio } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { bucketEvent, type MemoryStore } from '../../support/memory-storage.ts'
import { createBuckets, grantUpload, seedActor, seedUpload } from '../../support/tracks.ts'

const { sql } = useDatabase()
const wav = await makeAudio('wav')

/** An account whose time is over, with a file that has just arrived. */
async function prepare() {
  const buckets = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, { file: wav })
  const bury = async () => {
    await sql`update users set deletes_at = now() where id = ${actor.id}`
    while ((await buryDueAccount(sql, later(new Date(), 1))) === 0);
  }
  const purge = async () => {
    while ((await purgeDueTracks(sql, later(new Date(), 1))) > 0);
  }
  const scanning = (media: MemoryStore = buckets.media, duringScan = async () => {}) =>
    createScanService({
      intakes: [createTrackIntake({ sql })],
      uploads: buckets.uploads,
      media,
      clamd: {
        ready: async () => {},
        definitions: async () => 'set-1',
        scan: async (source) => {
          for await (const _ of source);
          await duringScan()
          return { verdict: 'clean' }
        },
      },
    })
  const [object] = readBucketEvent(upload.event)
  return { ...buckets, actor, upload, bury, purge, scanning, object: object! }
}

const tracksLeft = async (id: string) => (await sql`select from tracks where id = ${id}`).length

test('a file that arrives when its track is gone does not stay in the quarantine', async () => {
  const { uploads, upload, bury, purge, scanning, object } = await prepare()
  await bury()
  await purge()
  expect(await tracksLeft(upload.track_id)).toBe(0)
  await scanning().handle(object)
  expect(uploads.objects.size).toBe(0)
})

test('an object that nobody was granted goes, and what is no upload at all stays', async () => {
  const { uploads, scanning } = await prepare()
  for (const key of ['uploads/made/up', 'exports/1']) uploads.arrive(key, wav)
  for (const key of ['uploads/made/up', 'exports/1']) {
    const [object] = readBucketEvent(uploads.eventOf(key))
    await scanning().handle(object!)
  }
  expect([...uploads.objects.keys()]).toEqual([expect.stringMatching(/^uploads\/[\w-]{36}\//), 'exports/1'])
  const [missing] = readBucketEvent(bucketEvent('uploads', 'uploads/not/there', 9, 'ab'))
  await scanning().handle(missing!)
})

test('a file whose track goes while it is scanned is in neither bucket', async () => {
  const { uploads, media, bury, purge, scanning, object } = await prepare()
  await scanning(media, async () => {
    await bury()
    await purge()
  }).handle(object)
  expect(uploads.objects.size + media.objects.size).toBe(0)
})

test('a file whose track goes while it is copied is removed from the library, however late the copy is', async () => {
  const { uploads, media, upload, bury, purge, scanning, object } = await prepare()
  const remove = createRemoval({ sql, media })
  const slow: MemoryStore = {
    ...media,
    copyFrom: async (source, key, type) => {
      await bury()
      await purge()
      while ((await remove()) > 0);
      return media.copyFrom(source, key, type)
    },
  }
  await scanning(slow).handle(object)
  expect(await tracksLeft(upload.track_id)).toBe(0)

  while ((await remove()) > 0);

  expect(uploads.objects.size + media.objects.size).toBe(0)
})

test('a copy that is noted down while the removal is at its key is left to the next removal', async () => {
  const { media } = await prepare()
  const key = 'originals/1/ab'
  const gone = { version_id: '0199f0f0-0000-7000-8000-000000000001', clean_key: key } as never
  await sql`insert into discarded_objects (object_key, discarded_at) values (${key}, now())`
  const remove = createRemoval({
    sql,
    media: {
      remove: async (...object) => {
        await media.remove(...object)
        if (object[1]) return
        media.arrive(key, wav)
        await createTrackIntake({ sql }).markStored(gone, media.objects.get(key)!.version_id, new Date())
      },
    },
  })
  await remove()
  expect(media.objects.size).toBe(1)
  while ((await remove()) > 0);
  expect(media.objects.size).toBe(0)
})

test('the parts of a large file go before its track does, at once where the account ends', async () => {
  const { uploads, actor, upload, bury, purge } = await prepare()
  await sql`update uploads set status = 'failed' where id = ${upload.upload_id}`
  const large = await grantUpload(sql, uploads, actor, upload.track_id, {
    filename: 'a.wav',
    content_type: 'audio/wav',
    size_bytes: 101 * 1024 ** 2,
  })
  expect(uploads.multiparts.size).toBe(1)

  await bury()
  await purge()
  expect(await sql`select status, status_reason from uploads where id = ${large.upload_id}`).toEqual([
    { status: 'failed', status_reason: 'track_deleted' },
  ])
  while ((await createUploadSweep({ sql, uploads }).throwSomeAway()) > 0);
  await purge()

  expect(uploads.multiparts.size).toBe(0)
  expect(await tracksLeft(upload.track_id)).toBe(0)
})

test('a track that its owner deleted waits for the parts as well', async () => {
  const { uploads, actor, upload, purge } = await prepare()
  await sql`update uploads set status = 'failed' where id = ${upload.upload_id}`
  await grantUpload(sql, uploads, actor, upload.track_id, {
    filename: 'a.wav',
    content_type: 'audio/wav',
    size_bytes: 101 * 1024 ** 2,
  })
  await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${upload.track_id}`
  await purge()
  expect(await tracksLeft(upload.track_id)).toBe(1)

  const sweep = createUploadSweep({ sql, uploads })
  await sweep.settleSome(later(new Date(), dayMs + 1_000))
  await sweep.throwSomeAway()
  await purge()

  expect(uploads.multiparts.size).toBe(0)
  expect(await tracksLeft(upload.track_id)).toBe(0)
})

test('a track that comes back from the bin shows what became of its file meanwhile', async () => {
  const { actor, upload, scanning, object } = await prepare()
  const deletions = createTrackDeletionService({ sql })
  await deletions.remove(actor, upload.track_id, () => {})
  await scanning().handle(object)

  expect(await deletions.restore(actor, upload.track_id)).toMatchObject({
    status: 'failed',
    status_reason: 'track_deleted',
  })
})
