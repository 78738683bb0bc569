import { connect } from '../../../lib/db/client.ts'
import { createMetadataService } from '../../../lib/media/metadata/service.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { makeAudio, textNamedMp3, truncate } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { bucketEvent } from '../../support/memory-storage.ts'
import { createBuckets, seedActor, seedUpload, statesOf } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const flac = await makeAudio('flac')
const mp3 = await makeAudio('mp3')

interface File {
  readonly file: Buffer
  readonly content_type: string
  readonly filename: string
}

const flacFile: File = { file: flac, content_type: 'audio/flac', filename: 'low-tide.flac' }

const noArtwork = { take: async () => {} }

/** A file that was scanned and copied; `deliver` is the message of the media bucket. */
async function prepare(file: File) {
  const buckets = createBuckets()
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, file)
  const [object] = readBucketEvent(upload.event)
  const clamd = {
    ready: async () => {},
    definitions: async () => 'set-1',
    scan: async (source: AsyncIterable<Uint8Array>) => {
      for await (const _ of source);
      return { verdict: 'clean' as const }
    },
  }
  await createScanService({ intakes: [createTrackIntake({ sql })], ...buckets, clamd }).handle(object!)
  const [key] = buckets.media.objects.keys()
  let flushes = 0
  const relay = {
    flushSoon: async () => {
      flushes++
    },
  }
  const service = createMetadataService({ sql, media: buckets.media, relay, artwork: noArtwork })
  const deliver = async (message: unknown = buckets.media.eventOf(key!)) => {
    for (const written of readBucketEvent(message)) await service.handle(written)
  }
  return {
    ...buckets,
    actor,
    upload,
    deliver,
    relay,
    states: () => statesOf(sql, upload),
    flushes: () => flushes,
  }
}

const jobsOf = (trackId: string) => sql<{ payload: { version_id: string; job_id: string } }[]>`
  select payload from outbox where type = 'stream.prepare' and payload ->> 'track_id' = ${trackId}
`

const versionOf = async (trackId: string) => {
  const [version] = await sql`
    select id, container, codec, duration_ms, sample_rate_hz, channels, embedded_tags, stream_job_id
    from track_versions where track_id = ${trackId}
  `
  return version!
}

test('what the bytes tell is written to the version, and a job asks for the stream', async () => {
  const { upload, deliver, states, flushes } = await prepare(flacFile)

  await deliver()

  const version = await versionOf(upload.track_id)
  expect(version).toMatchObject({
    container: 'flac',
    codec: 'FLAC',
    duration_ms: 2000,
    sample_rate_hz: 48_000,
    channels: 2,
    embedded_tags: { title: 'Low Tide', artist: 'Ada North' },
  })
  const payload = { track_id: upload.track_id, version_id: version.id, job_id: version.stream_job_id }
  expect(await jobsOf(upload.track_id)).toEqual([{ payload }])
  expect(flushes()).toBe(1)
  expect(await states()).toEqual({
    track: 'transcoding',
    upload: 'transcoding',
    reason: null,
    timeline: ['uploading', 'scanning', 'processing', 'transcoding'],
  })
})

test('the same event again, also at the same time, asks for one job', async () => {
  const { upload, deliver, media, relay } = await prepare(flacFile)
  const others = [connect(settings), connect(settings)]
  const [key] = media.objects.keys()
  const [object] = readBucketEvent(media.eventOf(key!))

  await Promise.all(
    others.map((own) =>
      createMetadataService({ sql: own, media, relay, artwork: noArtwork }).handle(object!),
    ),
  )
  await Promise.all(others.map((own) => own.end()))
  await deliver()

  expect(await jobsOf(upload.track_id)).toHaveLength(1)
})

test.each([
  {
    name: 'a text named .mp3',
    file: textNamedMp3,
    content_type: 'audio/mpeg',
    filename: 'a.mp3',
    reason: 'unsupported_media',
  },
  {
    name: 'a truncated MP3',
    file: truncate(mp3),
    content_type: 'audio/mpeg',
    filename: 'a.mp3',
    reason: 'truncated',
  },
  {
    name: 'a truncated FLAC',
    file: truncate(flac),
    content_type: 'audio/flac',
    filename: 'a.flac',
    reason: 'truncated',
  },
  {
    name: 'a FLAC that says it is an MP3',
    file: flac,
    content_type: 'audio/mpeg',
    filename: 'a.mp3',
    reason: 'content_mismatch',
  },
])('$name is refused with its reason', async ({ reason, ...file }) => {
  const { upload, deliver, states } = await prepare(file)

  await deliver()
  await deliver()

  expect(await states()).toMatchObject({ track: 'rejected', upload: 'rejected', reason })
  expect(await jobsOf(upload.track_id)).toEqual([])
  expect(
    await sql`
    select v.object_key from track_versions v join discarded_objects d using (object_key)
    where v.track_id = ${upload.track_id} and v.removed_at is not null
  `,
  ).toHaveLength(1)
})

test('an object that cannot be read says nothing about the file: it is tried again', async () => {
  const { deliver, states, media } = await prepare(flacFile)
  media.failNext('getRange')

  await expect(deliver()).rejects.toThrow('cannot be read')
  expect(await states()).toMatchObject({ upload: 'processing' })

  await deliver()
  expect(await states()).toMatchObject({ upload: 'transcoding' })
})

test.each(['originals/0198f3a0-0000-7000-8000-000000000001/abc', 'x y'])(
  'an unknown key (%s) is harmless',
  async (key) => {
    const { deliver, states } = await prepare(flacFile)
    await deliver(bucketEvent('media', key, 5, 'abc'))
    expect(await states()).toMatchObject({ upload: 'processing' })
  },
)

test('a deleted track gets no job', async () => {
  const { actor, upload, deliver, states } = await prepare(flacFile)
  await createTrackDeletionService({ sql }).remove(actor, upload.track_id, () => {})
  await deliver()
  expect(await states()).toMatchObject({ upload: 'failed', reason: 'track_deleted' })
  expect(await jobsOf(upload.track_id)).toEqual([])
})
