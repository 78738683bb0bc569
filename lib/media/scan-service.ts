import { createHash } from 'node:crypto'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import type { Clamd, ScanVerdict } from './clamd.ts'
import { findUploadByKey, lockTrack, moveUpload, type UploadProgress } from './repository.ts'
import type { WrittenObject } from './s3-events.ts'
import { insertVersion, markStored } from './versions-repository.ts'

export interface ScanDependencies {
  readonly sql: Sql
  readonly uploads: Pick<ObjectStore, 'bucket' | 'getStream' | 'remove' | 'tag'>
  readonly media: Pick<ObjectStore, 'copyFrom'>
  readonly clamd: Pick<Clamd, 'ready' | 'scan'>
  readonly now?: () => Date
}

type Outcome =
  | { readonly to: 'processing'; readonly sha256: string }
  | { readonly to: 'rejected' | 'failed'; readonly reason: string }

/**
 * Takes an uploaded object to a verdict: verdict and version in one transaction, then the copy, then the
 * source's removal. Each step is on record before the next one begins, so that whoever gets the message
 * again goes on where the last one stopped. Nothing that can be read exists before a clean verdict.
 */
export function createScanService({ sql, uploads, media, clamd, now = () => new Date() }: ScanDependencies) {
  return {
    async handle(object: WrittenObject): Promise<void> {
      const upload = await begin(object)
      if (!upload) return logger.info('Nothing is waiting for this object', { key: object.key })
      if (upload.status === 'scanning') await record(upload, await judge(upload))
      const judged = await findUploadByKey(sql, upload.object_key)
      if (judged) await settle(judged)
    },
  }

  async function begin({ key, etag }: WrittenObject): Promise<UploadProgress | undefined> {
    const upload = await findUploadByKey(sql, key)
    if (upload?.status !== 'uploading') return upload
    await sql.begin(async (tx) => {
      await lockTrack(tx, upload.track_id)
      await moveUpload(tx, upload.id, { from: 'uploading', to: 'scanning', etag, at: now() })
    })
    return findUploadByKey(sql, key)
  }

  async function judge(upload: UploadProgress): Promise<Outcome> {
    if (upload.is_track_deleted) return trackDeleted
    await clamd.ready()
    const { body, size_bytes } = await uploads.getStream(upload.object_key, upload.object_etag!)
    if (size_bytes === 0 || size_bytes !== upload.size_bytes) {
      body.destroy()
      return { to: 'rejected', reason: size_bytes === 0 ? 'empty' : 'content_mismatch' }
    }
    const hash = createHash('sha256')
    const verdict = await clamd.scan(hashed(body, hash))
    return toOutcome(upload, verdict, () => hash.digest('hex'))
  }

  function record(upload: UploadProgress, judged: Outcome) {
    return sql.begin(async (tx) => {
      const track = await lockTrack(tx, upload.track_id)
      const outcome = track?.is_deleted ? trackDeleted : judged
      const reason = outcome.to === 'processing' ? undefined : outcome.reason
      const isFirst = await moveUpload(tx, upload.id, { from: 'scanning', to: outcome.to, reason, at: now() })
      if (isFirst && outcome.to === 'processing') {
        const { track_id, id: upload_id, size_bytes, content_type } = upload
        const { sha256 } = outcome
        await insertVersion(tx, { track_id, upload_id, sha256, size_bytes, content_type }, now())
      }
    })
  }

  /** What is left to do once a verdict is on record; every part may be done again. */
  async function settle(upload: UploadProgress): Promise<void> {
    const { object_key, status_reason, version_id, stored_at } = upload
    if (status_reason === 'infected') return uploads.tag(object_key, { verdict: 'infected' })
    if (version_id && !stored_at) await store(upload, version_id)
    await uploads.remove(object_key)
  }

  async function store({ object_key, object_etag, version_key, content_type }: UploadProgress, id: string) {
    const source = { bucket: uploads.bucket, key: object_key, etag: object_etag! }
    await media.copyFrom(source, version_key!, content_type)
    await markStored(sql, id, now())
  }
}

const trackDeleted = { to: 'failed', reason: 'track_deleted' } as const

async function* hashed(body: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of body) {
    hash.update(chunk)
    yield chunk
  }
}

function toOutcome({ sha256 }: UploadProgress, verdict: ScanVerdict, digest: () => string): Outcome {
  if (verdict.verdict === 'infected') {
    logger.warn('An upload is infected', { signature: verdict.signature })
    return { to: 'rejected', reason: 'infected' }
  }
  if (verdict.verdict === 'over_limit') {
    logger.warn('An upload is beyond a limit of the scanner', { limit: verdict.limit })
    return { to: 'rejected', reason: /Size|Length/.test(verdict.limit) ? 'too_large' : 'unscannable' }
  }
  const actual = digest()
  if (sha256 && sha256 !== actual) return { to: 'rejected', reason: 'content_mismatch' }
  return { to: 'processing', sha256: actual }
}
