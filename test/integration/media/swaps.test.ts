import { createMetadataService } from '../../../lib/media/metadata/service.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createClamd, ScanTimedOut } from '../../../lib/media/scan/clamd.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { eicar, makeAudio } from '../../support/audio.ts'
import { useClamd } from '../../support/clamd.ts'
import { useDatabase } from '../../support/database.ts'
import type { MemoryStore } from '../../support/memory-storage.ts'
import { createBuckets, seedActor, seedUpload, statesOf } from '../../support/tracks.ts'

const { sql } = useDatabase()
const clamav = useClamd()

const scanned = await makeAudio('wav', { seconds: 2 })
/** As long, so that no size gives it away. */
const swapped = eicar(scanned)

/** The moments at which somebody may put other bytes in the place of those that were uploaded. */
const moments = [
  'before the scan',
  'during the scan',
  'between verdict and copy',
  'between copy and removal',
  'before the inspection',
  'between two reads of the inspection',
] as const
type Moment = (typeof moments)[number]

/** A store that has something happen before each call. */
const before = (store: MemoryStore, happen: (operation: string) => void): MemoryStore =>
  new Proxy(store, {
    get(target, name: keyof MemoryStore) {
      const member = target[name]
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        happen(name)
        return Reflect.apply(member, target, args)
      }
    },
  })

test.each(moments)('bytes that are swapped in %s get nowhere', async (moment) => {
  const { uploads, media } = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, { uploads, media }, actor, { file: scanned })
  const intruders: unknown[] = []
  let ranges = 0
  const swap = (at: Moment, store: MemoryStore, key: string | undefined) => {
    if (at === moment && key && intruders.length === 0) intruders.push(store.arrive(key, swapped))
  }
  const originalKey = () => [...media.objects.keys()][0]
  const watchedUploads = before(uploads, (operation) => {
    if (operation === 'getStream') swap('before the scan', uploads, upload.key)
    if (operation === 'remove') swap('between copy and removal', uploads, upload.key)
  })
  const watchedMedia = before(media, (operation) => {
    if (operation === 'copyFrom') swap('between verdict and copy', uploads, upload.key)
    if (operation !== 'getRange') return
    ranges++
    swap(ranges === 1 ? 'before the inspection' : 'between two reads of the inspection', media, originalKey())
  })
  const clamd = createClamd({ socketPath: clamav.socketPath })
  const scans = createScanService({
    intakes: [createTrackIntake({ sql })],
    uploads: watchedUploads,
    media: watchedMedia,
    clamd: {
      ...clamd,
      scan: (source) => {
        swap('during the scan', uploads, upload.key)
        return clamd.scan(source)
      },
    },
  })
  const metadata = createMetadataService({
    sql,
    media: watchedMedia,
    relay: { flushSoon: async () => {} },
    artwork: { take: async () => {} },
  })

  for (const object of readBucketEvent(upload.event)) await scans.handle(object)
  const news = media.eventOf(originalKey()!)
  for (const object of readBucketEvent(news)) await metadata.handle(object)
  // The news of what was swapped in comes last, to everybody.
  for (const event of intruders) {
    for (const object of readBucketEvent(event)) {
      if (uploads.objects.has(object.key) || object.key === upload.key) await scans.handle(object)
      else await metadata.handle(object)
    }
  }

  expect(intruders).toHaveLength(1)
  expect(await statesOf(sql, upload)).toMatchObject({ upload: 'transcoding' })
  const [version] = await sql<
    [{ id: string; object_key: string; object_version_id: string; duration_ms: number }]
  >`
    select id, object_key, object_version_id, duration_ms from track_versions where track_id = ${upload.track_id}
  `
  const named = media.versions
    .get(version.object_key)!
    .find(({ version_id }) => version_id === version.object_version_id)
  expect(named!.bytes.equals(scanned)).toBe(true)
  expect(version.duration_ms).toBe(2000)
  const { url } = await createCallbackService({ sql, media }).source(upload.track_id, version.id)
  expect(new URL(url).searchParams.get('versionId')).toBe(version.object_version_id)
  const isInLibrary = moment.includes('inspection')
  expect(media.versions.get(version.object_key)).toHaveLength(isInLibrary ? 2 : 1)
  expect(uploads.versions.get(upload.key)).toEqual([])
})

test.each([
  { name: 'a clamd that is away', error: new Error('connect ENOENT'), reason: 'scan_failed' },
  { name: 'a scan that takes too long', error: new ScanTimedOut('no answer'), reason: 'scan_timeout' },
])('$name ends, after the last try, as $reason', async ({ error, reason }) => {
  const buckets = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, { file: scanned })
  const scans = createScanService({
    intakes: [createTrackIntake({ sql })],
    ...buckets,
    clamd: { ready: async () => {}, definitions: async () => 'set-1', scan: () => Promise.reject(error) },
  })
  const [object] = readBucketEvent(upload.event)
  await expect(scans.handle(object!)).rejects.toBe(error)

  await scans.giveUp(object!, error)

  expect(await statesOf(sql, upload)).toMatchObject({ track: 'failed', upload: 'failed', reason })
  expect(buckets.uploads.objects.size).toBe(1)
})
