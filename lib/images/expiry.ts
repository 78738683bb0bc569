import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'
import { imageKey, imageSizes } from './image-url.ts'
import { deleteImages, failStaleUploads, keepShownImages, takeIdleImages } from './processing-repository.ts'

/** How long the files of an image that nothing shows any more can still be fetched. */
const idleMs = dayMs

/** A grant lives for a quarter of an hour; the news of the object may stand in its queue behind many others. */
const unsentMs = dayMs

/** The queues give a message up long before. */
const stuckMs = dayMs

/** How long it can be read what became of an upload. */
const uploadMs = 30 * dayMs

const batch = 20

export interface ImageExpiryDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'remove'>
}

/**
 * Removes images that nothing shows, some a call; answers how many. The files go between two statements, outside of
 * any transaction: removing one twice does no harm, and until all is done nothing can come to show them.
 */
export function createImageExpiry({ sql, media }: ImageExpiryDependencies) {
  return async (now: Date): Promise<number> => {
    const idleBefore = earlier(now, idleMs)
    const hashes = await takeIdleImages(sql, idleBefore, now, batch)
    await Promise.all(
      hashes.flatMap((sha256) => imageSizes.map((size) => media.remove(imageKey(sha256, size)))),
    )
    await deleteImages(sql, hashes)
    return hashes.length
  }
}

export const keepShown = (db: Db, now: Date): Promise<number> =>
  keepShownImages(db, earlier(now, idleMs), 1000)

export const failStaleImageUploads = (db: Db, now: Date): Promise<number> =>
  failStaleUploads(
    db,
    { unsent_before: earlier(now, unsentMs), stuck_before: earlier(now, stuckMs), limit: 1000 },
    now,
  )

export const deleteOldImageUploads = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'image_uploads',
    key: 'id',
    isOver: db`status in ('ready', 'rejected', 'failed') and updated_at < ${earlier(now, uploadMs)}`,
  })
