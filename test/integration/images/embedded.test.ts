import { createEmbeddedArtwork } from '../../../lib/images/embedded-artwork.ts'
import { createMetadataService } from '../../../lib/media/metadata/service.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { artworks } from '../../../lib/tracks/artwork.ts'
import { makeAudio } from '../../support/audio.ts'
import { useClamd } from '../../support/clamd.ts'
import { bytes, pictureFrame, png, pngBlock, withId3 } from '../../support/corpus/build.ts'
import { useDatabase } from '../../support/database.ts'
import { composeImages } from '../../support/images.ts'
import { makePicture } from '../../support/pictures.ts'
import { createBuckets, seedActor, seedUpload, statesOf } from '../../support/tracks.ts'

const clamd = useClamd()
const { sql } = useDatabase()
const now = () => new Date()
const mp3 = await makeAudio('mp3', { seconds: 1 })
const cover = await makePicture('png')

interface Upload {
  readonly id: string
  readonly status: string
  readonly status_reason: string | null
  readonly object_key: string
}

/** A clean file on its way to the metadata, with the workers that its picture goes through. */
async function arrange(file: Buffer) {
  const buckets = createBuckets()
  const images = composeImages(sql, { buckets, socketPath: clamd.socketPath, now })
  const actor = await seedActor(sql)
  const upload = await seedUpload(sql, buckets, actor, {
    file,
    content_type: 'audio/mpeg',
    filename: 'low-tide.mp3',
  })
  const clean = {
    ready: async () => {},
    definitions: async () => 'set-1',
    scan: async (source: AsyncIterable<Uint8Array>) => drain(source),
  }
  const scans = createScanService({ intakes: [createTrackIntake({ sql })], ...buckets, clamd: clean })
  for (const object of readBucketEvent(upload.event)) await scans.handle(object)
  const [key] = buckets.media.objects.keys()
  const [written] = readBucketEvent(buckets.media.eventOf(key!))
  const relay = { flushSoon: async () => {} }
  const artwork = createEmbeddedArtwork({ sql, uploads: buckets.uploads, holder: artworks })
  const metadata = createMetadataService({ sql, media: buckets.media, relay, artwork })
  const pictureOf = async () => {
    const [row] = await sql<[Upload?]>`
      select id, status, status_reason, object_key
      from image_uploads where kind = 'artwork' and subject_id = ${upload.track_id} and version_id is not null
    `
    return row
  }
  return {
    ...buckets,
    images,
    actor,
    upload,
    pictureOf,
    inspect: () => metadata.handle(written!),
    /** From the quarantine on, as the queues would take it. */
    async passPicture() {
      const row = (await pictureOf())!

      await images.scan(buckets.uploads.eventOf(row.object_key))
      const original = images.originalOf({ upload_id: row.id })
      if (original) await images.draw(original)
    },
    artworkOf: async () => {
      const [row] = await sql`select artwork_sha256 from tracks where id = ${upload.track_id}`
      return row!.artwork_sha256
    },
    states: () => statesOf(sql, upload),
  }
}

async function drain(source: AsyncIterable<Uint8Array>) {
  for await (const _ of source);
  return { verdict: 'clean' as const }
}

test('a picture in the file becomes the artwork of a track that has none', async () => {
  const { inspect, passPicture, pictureOf, artworkOf, states } = await arrange(
    withId3(mp3, pictureFrame(cover)),
  )

  await inspect()
  expect(await pictureOf()).toMatchObject({ status: 'uploading' })
  expect(await artworkOf()).toBeNull()
  await passPicture()

  expect(await pictureOf()).toMatchObject({ status: 'ready' })
  expect(await artworkOf()).toMatch(/^[0-9a-f]{64}$/)
  expect(await states()).toMatchObject({ track: 'transcoding' })
})

test('the same event again takes no second picture', async () => {
  const { inspect, passPicture, pictureOf, uploads } = await arrange(withId3(mp3, pictureFrame(cover)))

  await inspect()
  await passPicture()
  await Promise.all([inspect(), inspect()])

  expect(await pictureOf()).toMatchObject({ status: 'ready' })
  expect([...uploads.objects.keys()].filter((key) => key.startsWith('uploads/images/'))).toEqual([])
})

test('a worker that dies before the picture is in the quarantine is made up for', async () => {
  const { inspect, passPicture, pictureOf, uploads, states } = await arrange(
    withId3(mp3, pictureFrame(cover)),
  )
  uploads.failNext('put')

  await expect(inspect()).rejects.toThrow('put fails')
  expect(await states()).toMatchObject({ upload: 'transcoding' })
  await inspect()
  await passPicture()

  expect(await pictureOf()).toMatchObject({ status: 'ready' })
})

test('artwork that was chosen stays, and so does what is on its way', async () => {
  const chosen = await arrange(withId3(mp3, pictureFrame(cover)))
  const sha256 = 'a'.repeat(64)
  await sql`insert into images (sha256, width, height, size_bytes) values (${sha256}, 1, 1, 1)`
  await sql`update tracks set artwork_sha256 = ${sha256} where id = ${chosen.upload.track_id}`
  await chosen.inspect()
  expect(await chosen.pictureOf()).toBeUndefined()
  expect(await chosen.artworkOf()).toBe(sha256)

  const sent = await arrange(withId3(mp3, pictureFrame(cover)))
  await sql`
    insert into image_uploads (
      kind, subject_id, created_by, filename, content_type, size_bytes, object_key, original_key, expires_at
    ) values (
      'artwork', ${sent.upload.track_id}, ${sent.actor.id}, 'a.png', 'image/png', 5,
      ${`uploads/images/${sent.upload.track_id}`}, ${`originals/images/${sent.upload.track_id}`}, now()
    )
  `
  await sent.inspect()
  expect(await sent.pictureOf()).toBeUndefined()
})

const text = (value: string) => Buffer.from(value)

test.each([
  {
    name: 'a drawing in SVG',
    picture: text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    reason: 'unsupported_media',
  },
  { name: 'a BMP', picture: bytes('BM', Buffer.alloc(100)), reason: 'unsupported_media' },
  { name: 'a picture of 16 MiB', picture: bytes(cover, Buffer.alloc(2 ** 24)), reason: 'too_large' },
])('$name is refused, and the track goes on', async ({ picture, reason }) => {
  const { inspect, pictureOf, states, uploads } = await arrange(withId3(mp3, pictureFrame(picture)))

  await inspect()
  await inspect()

  expect(await pictureOf()).toMatchObject({ status: 'rejected', status_reason: reason })
  expect(uploads.objects.size).toBe(0)
  expect(await states()).toMatchObject({ upload: 'transcoding', reason: null })
})

test('a picture of 40 000 x 40 000 is refused when it is to be drawn, and the track goes on', async () => {
  const huge = png(40_000, 40_000, pngBlock('IDAT', Buffer.alloc(20)))
  const { inspect, passPicture, pictureOf, artworkOf, states } = await arrange(
    withId3(mp3, pictureFrame(huge)),
  )

  await inspect()
  await passPicture()

  expect(await pictureOf()).toMatchObject({ status: 'rejected', status_reason: 'too_large' })
  expect(await artworkOf()).toBeNull()
  expect(await states()).toMatchObject({ upload: 'transcoding' })
})

test('a picture that is infected is found in the quarantine, and the track goes on', async () => {
  const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS', '-TEST-FILE!$H+H*'].join('')
  const infected = bytes(cover, eicar)
  const { inspect, passPicture, pictureOf, artworkOf, states } = await arrange(
    withId3(mp3, pictureFrame(infected)),
  )

  await inspect()
  await passPicture()

  expect(await pictureOf()).toMatchObject({ status: 'rejected', status_reason: 'infected' })
  expect(await artworkOf()).toBeNull()
  expect(await states()).toMatchObject({ upload: 'transcoding' })
})

test('a deleted track takes no picture', async () => {
  const { inspect, upload, pictureOf } = await arrange(withId3(mp3, pictureFrame(cover)))
  await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${upload.track_id}`

  await inspect()

  expect(await pictureOf()).toBeUndefined()
})
