import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import type { WrittenObject } from '../media/s3-events.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { ImageHolder } from './holder.ts'
import type { ImageKind } from './image-types.ts'
import { imageKey } from './image-url.ts'
import { type CleanUpload, claimImage, findCleanUpload } from './processing-repository.ts'
import { type Rendering, renderImage } from './rendering.ts'
import { moveImageUpload } from './repository.ts'

export interface ImageProcessingDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'getStream' | 'put' | 'remove'>
  readonly holders: readonly ImageHolder[]
  /** Without it those who are told of a picture are so once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

const prefix = 'originals/images/'

/** Whether an object is the clean original of a picture. */
export const isImageOriginal = (key: string) => key.startsWith(prefix)

/** A picture's files never change, and are nobody's secret once somebody shows them. */
const cacheControl = 'public, max-age=31536000, immutable'

/**
 * Draws a clean original anew, puts the files where anybody may fetch them, and has the picture shown; the original
 * goes in the end, whatever came of it. Each step is on record before the next one begins, or may be taken twice.
 */
export function createImageProcessing(dependencies: ImageProcessingDependencies) {
  const { sql, media, holders, relay, now = () => new Date() } = dependencies

  return {
    async handle(object: WrittenObject): Promise<void> {
      const { key, version_id } = object
      const upload = await findCleanUpload(sql, key)
      if (!upload) return logger.info('No picture is waiting for this object', { key })
      if (upload.status === 'processing') await process(upload, object)
      await media.remove(key, version_id)
    },
  }

  async function process(upload: CleanUpload, object: WrittenObject): Promise<void> {
    const { body } = await media.getStream(object)
    const rendered = await renderImage(await buffer(body), upload)
    if ('refused' in rendered) {
      const to = { from: 'processing', to: 'rejected', reason: rendered.refused, at: now() } as const
      await moveImageUpload(sql, upload.id, to)
      return
    }
    await store(rendered)
    await sql.begin((tx) => show(tx, upload, rendered.sha256))
    await relay?.flushSoon()
  }

  async function store(image: Rendering): Promise<void> {
    if (!(await claimImage(sql, image, now()))) throw new Error(`Image ${image.sha256} is just being removed`)
    await Promise.all(
      image.files.map(({ size, bytes }) =>
        media.put(imageKey(image.sha256, size), Readable.from([bytes]), {
          size_bytes: bytes.length,
          content_type: 'image/webp',
          cache_control: cacheControl,
        }),
      ),
    )
  }

  /** What shows it is locked first, as by whoever gives the upload up or takes the uploader's part in it away. */
  async function show(tx: Db, upload: CleanUpload, sha256: string): Promise<void> {
    const { id, kind, subject_id } = upload
    const holder = holderOf(kind)
    const step = { from: 'processing', at: now() } as const
    const reason = await lockToShow(tx, holder, upload)
    if (reason) {
      await moveImageUpload(tx, id, { ...step, to: 'failed', reason })
      return
    }
    const isWanted = await moveImageUpload(tx, id, { ...step, to: 'ready', image_sha256: sha256 })
    if (isWanted) await holder.show(tx, subject_id, sha256, step.at)
  }

  /** Undefined where it may be shown, or else why not. */
  async function lockToShow(tx: Db, holder: ImageHolder, { subject_id, created_by }: CleanUpload) {
    if (!(await holder.lock(tx, subject_id))) return 'subject_deleted'
    return (await holder.isOpenTo(tx, subject_id, created_by)) ? undefined : 'uploader_removed'
  }

  function holderOf(kind: ImageKind): ImageHolder {
    const holder = holders.find((candidate) => candidate.kind === kind)
    if (!holder) throw new Error(`Nothing here shows pictures of the kind ${kind}`)
    return holder
  }
}
