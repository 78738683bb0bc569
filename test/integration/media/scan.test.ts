import { createHash } from 'node:crypto'
import { connect } from '../../../lib/db/client.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createClamd, ScannerUnavailable } from '../../../lib/media/scan/clamd.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { eicar, makeAudio } from '../../support/audio.ts'
import { useClamd } from '../../support/clamd.ts'
import { useDatabase } from '../../support/database.ts'
import { bucketEvent } from '../../support/memory-storage.ts'
import { createBuckets, seedActor, seedUpload, statesOf } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const clamav = useClamd()

const clean = await makeAudio('wav')
const infected = eicar(clean)

async function prepare(file: Buffer, more: Partial<Parameters<typeof seedUpload>[3]> = {}) {
  const buckets = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, { file, ...more })
  const clamd = createClamd({ socketPath: clamav.socketPath, startPatienceMs: 0 })
  let scans = 0
  const scan = (source: AsyncIterable<Uint8Array>) => {
    scans++
    return clamd.scan(source)
  }
  const service = createScanService({
    intakes: [createTrackIntake({ sql })],
    ...buckets,
    clamd: { ...clamd, scan },
  })
  const deliver = async (message: unknown = upload.event) => {
    for (const object of readBucketEvent(message)) await service.handle(object)
  }
  return { ...buckets, actor, upload, deliver, states: () => statesOf(sql, upload), scans: () => scans }
}

const versionsOf = (trackId: string) => sql<{ object_key: string; sha256: string; number: number }[]>`
  select object_key, sha256, number from track_versions where track_id = ${trackId}
`

test('a clean file is copied to the media bucket under its hash, and its source goes', async () => {
  const { upload, deliver, states, uploads, media } = await prepare(clean)

  await deliver()

  const sha256 = createHash('sha256').update(clean).digest('hex')
  const [version] = await versionsOf(upload.track_id)
  expect(version).toMatchObject({
    sha256,
    number: 1,
    object_key: expect.stringMatching(/^originals\/[\w-]{36}\/\w{64}$/),
  })
  expect(media.objects.get(version!.object_key)?.bytes.equals(clean)).toBe(true)
  expect(uploads.objects.size).toBe(0)
  expect(await states()).toEqual({
    track: 'processing',
    upload: 'processing',
    reason: null,
    timeline: ['uploading', 'scanning', 'processing'],
  })
})

test('EICAR inside a .wav is refused, stays where nobody reads it, and is tagged', async () => {
  const { upload, deliver, states, uploads, media } = await prepare(infected)

  await deliver()

  expect(await states()).toMatchObject({ track: 'rejected', upload: 'rejected', reason: 'infected' })
  expect(uploads.objects.get(upload.key)?.tags).toEqual({ verdict: 'infected' })
  expect(media.objects.size).toBe(0)
  expect(await versionsOf(upload.track_id)).toEqual([])
})

describe('the same event again', () => {
  test('after all is done changes nothing and scans nothing', async () => {
    const { upload, deliver, states, media, scans } = await prepare(clean)
    await deliver()
    const before = await states()

    await deliver()

    expect(await states()).toEqual(before)
    expect(await versionsOf(upload.track_id)).toHaveLength(1)
    expect(media.objects.size).toBe(1)
    expect(scans()).toBe(1)
  })

  test('at the same time makes one version', async () => {
    const { upload, deliver, states, media, uploads } = await prepare(clean)
    const clamd = createClamd({ socketPath: clamav.socketPath, startPatienceMs: 0 })
    const workers = [connect(settings), connect(settings), connect(settings)].map((own) => ({
      end: () => own.end(),
      ...createScanService({ intakes: [createTrackIntake({ sql: own })], uploads, media, clamd }),
    }))

    const [object] = readBucketEvent(upload.event)
    const results = await Promise.allSettled(workers.map(({ handle }) => handle(object!)))
    await Promise.all(workers.map(({ end }) => end()))
    await deliver()

    expect(results.map(({ status }) => status)).toContain('fulfilled')

    expect(await versionsOf(upload.track_id)).toHaveLength(1)
    expect(media.objects.size).toBe(1)
    expect((await states()).timeline).toEqual(['uploading', 'scanning', 'processing'])
  })

  test('of an infected file leaves it refused', async () => {
    const { deliver, states, media } = await prepare(infected)
    await deliver()
    await deliver()
    expect(await states()).toMatchObject({ upload: 'rejected', reason: 'infected' })
    expect(media.objects.size).toBe(0)
  })
})

describe('an event that means nothing here is harmless', () => {
  test.each([
    {
      name: 'an unknown key',
      key: 'uploads/0198f3a0-0000-7000-8000-000000000001/0198f3a0-0000-7000-8000-000000000002',
    },
    { name: 'a key of another form', key: 'uploads/a b+c/%2e%2e/ü' },
  ])('$name', async ({ key }) => {
    const { deliver, states } = await prepare(clean)
    await deliver(bucketEvent('uploads', key, 5, 'abc'))
    expect(await states()).toMatchObject({ upload: 'uploading' })
  })

  test('another object, put at the key once the first one had gone: it goes too, unread', async () => {
    const { upload, deliver, uploads, media, states, scans } = await prepare(clean)
    await deliver()

    await deliver(uploads.arrive(upload.key, infected))

    expect(await states()).toMatchObject({ upload: 'processing' })
    expect([...media.objects.values()].map(({ bytes }) => bytes.equals(clean))).toEqual([true])
    expect([uploads.objects.size, scans()]).toEqual([0, 1])
  })

  test('a grant that was given up', async () => {
    const { upload, deliver, uploads, media } = await prepare(clean)
    await sql`update uploads set status = 'failed', status_reason = 'upload_expired' where id = ${upload.upload_id}`
    await deliver()
    expect(uploads.objects.size + media.objects.size).toBe(0)
  })
})

test('what was told of first is scanned: an object that took its place goes unread', async () => {
  const { upload, deliver, uploads, media, states, scans } = await prepare(infected)
  uploads.failNext('getStream', 'before')
  await expect(deliver()).rejects.toThrow('getStream fails')

  await deliver(uploads.arrive(upload.key, clean))
  expect(await states()).toMatchObject({ upload: 'scanning' })
  expect(scans()).toBe(0)

  await deliver()
  expect(await states()).toMatchObject({ upload: 'rejected', reason: 'infected' })
  expect(media.objects.size).toBe(0)
})

describe('a worker that dies goes on where it stopped', () => {
  test('between verdict and copy', async () => {
    const { deliver, states, uploads, media, scans } = await prepare(clean)
    media.failNext('copyFrom', 'before')
    await expect(deliver()).rejects.toThrow('copyFrom fails')
    expect(await states()).toMatchObject({ upload: 'processing' })
    expect(media.objects.size).toBe(0)

    await deliver()

    expect([media.objects.size, uploads.objects.size, scans()]).toEqual([1, 0, 1])
  })

  test('between copy and its record', async () => {
    const { upload, deliver, uploads, media } = await prepare(clean)
    media.failNext('copyFrom', 'after')
    await expect(deliver()).rejects.toThrow()

    await deliver()

    expect([media.objects.size, uploads.objects.size]).toEqual([1, 0])
    expect(await versionsOf(upload.track_id)).toHaveLength(1)
  })

  test.each(['before', 'after'] as const)('between copy and removal (%s it)', async (when) => {
    const { deliver, uploads, media, scans } = await prepare(clean)
    uploads.failNext('remove', when)
    await expect(deliver()).rejects.toThrow('remove fails')

    await deliver()

    expect([media.objects.size, uploads.objects.size, scans()]).toEqual([1, 0, 1])
  })

  test('between verdict and tag', async () => {
    const { upload, deliver, uploads } = await prepare(infected)
    uploads.failNext('tag', 'before')
    await expect(deliver()).rejects.toThrow('tag fails')

    await deliver()

    expect(uploads.objects.get(upload.key)?.tags).toEqual({ verdict: 'infected' })
  })

  test('when the bytes stop coming', async () => {
    const { deliver, states, uploads } = await prepare(clean)
    uploads.failNext('getStream', 'before')
    await expect(deliver()).rejects.toThrow('getStream fails')
    expect(await states()).toMatchObject({ upload: 'scanning' })
    await deliver()
    expect(await states()).toMatchObject({ upload: 'processing' })
  })
})

test('while clamd is down an upload waits unread, and goes on when it is back', async () => {
  const { deliver, states, media, uploads } = await prepare(clean)
  await clamav.stop()

  await expect(deliver()).rejects.toThrow(ScannerUnavailable)

  expect(await states()).toMatchObject({ track: 'scanning', upload: 'scanning' })
  expect([uploads.objects.size, media.objects.size]).toEqual([1, 0])

  await clamav.start()
  await deliver()

  expect(await states()).toMatchObject({ upload: 'processing' })
}, 30_000)

test('a track deleted while its file is scanned takes nothing in', async () => {
  const { actor, upload, deliver, states, uploads, media } = await prepare(clean)
  uploads.failNext('getStream', 'before')
  await expect(deliver()).rejects.toThrow()
  await createTrackDeletionService({ sql }).remove(actor, upload.track_id, () => {})

  await deliver()

  expect(await states()).toMatchObject({ upload: 'failed', reason: 'track_deleted' })
  expect([uploads.objects.size, media.objects.size]).toEqual([0, 0])
})

test('a track deleted during the scan itself takes nothing in', async () => {
  const buckets = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, { file: clean })
  const clamd = createClamd({ socketPath: clamav.socketPath, startPatienceMs: 0 })
  const scan = async (source: AsyncIterable<Uint8Array>) => {
    await createTrackDeletionService({ sql }).remove(actor, upload.track_id, () => {})
    return clamd.scan(source)
  }

  for (const object of readBucketEvent(upload.event)) {
    await createScanService({
      intakes: [createTrackIntake({ sql })],
      ...buckets,
      clamd: { ...clamd, scan },
    }).handle(object)
  }

  expect(await statesOf(sql, upload)).toMatchObject({ upload: 'failed', reason: 'track_deleted' })
  expect([buckets.uploads.objects.size, buckets.media.objects.size]).toEqual([0, 0])
})

test.each([
  { name: 'an empty object', file: Buffer.alloc(0), reason: 'empty' },
  { name: 'an object of another size', file: clean.subarray(0, 100), reason: 'content_mismatch' },
])('$name is refused unscanned', async ({ file, reason }) => {
  const { upload, deliver, states, uploads, scans } = await prepare(clean)

  await deliver(uploads.arrive(upload.key, file))

  expect(await states()).toMatchObject({ upload: 'rejected', reason })
  // The one that nobody was told of is left.
  expect([uploads.versions.get(upload.key)!.map(({ bytes }) => bytes), scans()]).toEqual([[clean], 0])
})

test('a file whose hash is not the declared one is refused', async () => {
  const { deliver, states, media } = await prepare(clean, { sha256: 'ab'.repeat(32) })
  await deliver()
  expect(await states()).toMatchObject({ upload: 'rejected', reason: 'content_mismatch' })
  expect(media.objects.size).toBe(0)
})

test('a file whose hash is the declared one goes through', async () => {
  const { deliver, states } = await prepare(clean, {
    sha256: createHash('sha256').update(clean).digest('hex'),
  })
  await deliver()
  expect(await states()).toMatchObject({ upload: 'processing' })
})
