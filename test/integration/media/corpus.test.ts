import { createEmbeddedArtwork } from '../../../lib/images/embedded-artwork.ts'
import { createMetadataService } from '../../../lib/media/metadata/service.ts'
import { readBucketEvent } from '../../../lib/media/s3-events.ts'
import { createClamd } from '../../../lib/media/scan/clamd.ts'
import { createScanService } from '../../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../../lib/media/scan/track-intake.ts'
import { artworks } from '../../../lib/tracks/artwork.ts'
import { createTrack } from '../../../lib/tracks/schemas.ts'
import { createTrackService } from '../../../lib/tracks/service.ts'
import { useClamd } from '../../support/clamd.ts'
import type { CorpusFile } from '../../support/corpus/file.ts'
import { makeCorpus } from '../../support/corpus/index.ts'
import { type CorpusRow, toTable } from '../../support/corpus/table.ts'
import { debianSignature } from '../../support/corpus/viral.ts'
import { useDatabase } from '../../support/database.ts'
import { composeImages } from '../../support/images.ts'
import { createBuckets, grantUpload, seedActor, statesOf } from '../../support/tracks.ts'

/** Every file goes the whole way: a grant, the quarantine, clamd, the clean copy, what its bytes tell, its picture. */
const clamd = useClamd({}, debianSignature())
const { sql } = useDatabase()
const corpus = await makeCorpus()
const rows: CorpusRow[] = []

/** Above what any honest file of the corpus needs, and below what a dishonest one would like. */
const mostBytesRead = 1024 ** 2

afterAll(() => {
  process.stdout.write(`\nThe corpus: what becomes of ${rows.length} files\n\n${toTable(rows)}\n\n`)
})

async function pass(file: CorpusFile): Promise<CorpusRow> {
  const buckets = createBuckets()
  const { uploads, media } = buckets
  const actor = await seedActor(sql)
  const body = createTrack.parse({ title: 'Low Tide', rights_confirmed: true })
  const { id: track_id } = await createTrackService({ sql }).create(actor, body, '192.0.2.7')
  const { content_type, filename, bytes } = file
  // Nobody may declare a file of no bytes; sending one is another thing.
  const declared = { content_type, filename, size_bytes: Math.max(bytes.length, 1) }
  const { upload_id, key } = await grantUpload(sql, uploads, actor, track_id, declared)
  let bytesRead = 0
  const counting = {
    ...media,
    getRange: async (...args: Parameters<typeof media.getRange>) => {
      const range = await media.getRange(...args)
      bytesRead += range.length
      return range
    },
  }
  const artwork = createEmbeddedArtwork({ sql, uploads, holder: artworks })
  const relay = { flushSoon: async () => {} }
  const engine = createClamd({ socketPath: clamd.socketPath, startPatienceMs: 0 })
  const scans = createScanService({ intakes: [createTrackIntake({ sql })], ...buckets, clamd: engine })
  const metadata = createMetadataService({ sql, media: counting, relay, artwork })

  const started = performance.now()
  for (const object of readBucketEvent(uploads.arrive(key, bytes))) await scans.handle(object)
  const [clean] = media.objects.keys()
  for (const object of clean ? readBucketEvent(media.eventOf(clean)) : []) await metadata.handle(object)
  const ms = performance.now() - started
  const { upload, reason } = await statesOf(sql, { track_id, upload_id })
  const verdict = upload === 'transcoding' ? 'accepted' : upload
  return { file, verdict, reason, picture: await passPicture(buckets, track_id), bytesRead, ms }
}

/** The picture in it, where there is one, goes its own way through the quarantine. */
async function passPicture(buckets: ReturnType<typeof createBuckets>, trackId: string) {
  const find = () => sql<[{ id: string; status: string; status_reason: string | null; object_key: string }?]>`
    select id, status, status_reason, object_key from image_uploads
    where kind = 'artwork' and subject_id = ${trackId} and version_id is not null
  `
  const [upload] = await find()
  if (!upload) return null
  const images = composeImages(sql, { buckets, socketPath: clamd.socketPath, now: () => new Date() })
  if (upload.status === 'uploading') {
    await images.scan(buckets.uploads.eventOf(upload.object_key))
    const original = images.originalOf({ upload_id: upload.id })
    if (original) await images.draw(original)
  }
  const [end] = await find()
  return end!.status_reason ?? end!.status
}

test.each(corpus.map((file) => ({ file, name: file.name, expected: file.expected })))(
  '$name: $expected',
  async ({ file }) => {
    const row = await pass(file)
    rows.push(row)

    expect(row.verdict === 'rejected' ? row.reason : row.verdict).toBe(file.expected)
    expect(row.picture).toBe(file.picture ?? null)
    const picture = file.picture ? file.bytes.length : 0
    expect(row.bytesRead).toBeLessThanOrEqual(Math.min(mostBytesRead + picture, 2 * file.bytes.length))
  },
)

test('there are files of every kind, and each reason of a file is given for one at least', () => {
  const given = new Set(corpus.map(({ expected }) => expected))
  const kinds = [
    ...['accepted', 'infected', 'content_mismatch', 'extension_mismatch', 'unsupported_media', 'truncated'],
    ...['empty', 'video_stream', 'too_many_channels', 'too_long', 'polyglot', 'malformed', 'encrypted'],
    ...['no_sound', 'implausible_length', 'oversized_tags'],
  ]
  expect([...given].sort()).toEqual(kinds.sort())
  expect(corpus.length).toBeGreaterThan(60)
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
})
