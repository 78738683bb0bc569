import type { Db } from '../db/client.ts'
import { later, minuteMs } from '../time.ts'
import type { ImageContentType, ImageKind } from './image-types.ts'
import type { Rendering } from './rendering.ts'
import type { ImageUploadStatus } from './schemas.ts'

/** An upload whose clean bytes have come. */
export interface CleanUpload {
  readonly id: string
  readonly kind: ImageKind
  readonly subject_id: string
  readonly created_by: string
  readonly content_type: ImageContentType
  readonly status: ImageUploadStatus
}

export async function findCleanUpload(db: Db, originalKey: string): Promise<CleanUpload | undefined> {
  const [row] = await db<[CleanUpload?]>`
    select id, kind, subject_id, created_by, content_type, status
    from image_uploads
    where original_key = ${originalKey}
  `
  return row
}

/**
 * Puts an image on record before its files are written, and keeps the sweep off it until something shows it. False
 * while its files are just being removed.
 */
export async function claimImage(db: Db, image: Rendering, now: Date): Promise<boolean> {
  const { sha256, width, height, files } = image
  const size_bytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const { count } = await db`
    insert into images (sha256, width, height, size_bytes, idle_since, created_at)
    values (${sha256}, ${width}, ${height}, ${size_bytes}, ${now}, ${now})
    on conflict (sha256) do update
    set idle_since = ${now}, removing_until = null
    where images.removing_until is null or images.removing_until < ${now}
  `
  return count === 1
}

const isShown = (db: Db) => db`(
  exists (select from users where avatar_sha256 = images.sha256)
  or exists (select from tracks where artwork_sha256 = images.sha256)
  or exists (select from playlists where cover_sha256 = images.sha256)
)`

/** Longer than a run of the sweep can take. */
const removalMs = 15 * minuteMs

/** Lets images be that were idle once and are shown now; answers how many. */
export async function keepShownImages(db: Db, idleBefore: Date, limit: number): Promise<number> {
  const { count } = await db`
    update images
    set idle_since = null
    where sha256 in (
      select sha256 from images
      where idle_since < ${idleBefore} and ${isShown(db)}
      limit ${limit}
      for update skip locked
    )
  `
  return count
}

/** Those that nothing has shown for long enough: nothing may come to show them until they are gone. */
export async function takeIdleImages(db: Db, idleBefore: Date, now: Date, limit: number): Promise<string[]> {
  const rows = await db<{ sha256: string }[]>`
    update images
    set removing_until = ${later(now, removalMs)}
    where sha256 in (
      select sha256 from images
      where idle_since < ${idleBefore} and not ${isShown(db)}
        and (removing_until is null or removing_until < ${now})
      limit ${limit}
      for update skip locked
    )
    returning sha256
  `
  return rows.map(({ sha256 }) => sha256)
}

export async function deleteImages(db: Db, hashes: readonly string[]): Promise<void> {
  await db`delete from images where sha256 = any(${hashes}::text[]) and removing_until is not null`
}

/** Gives up uploads that came to a stop: nobody sent the file, or nobody could make a picture of it. */
export async function failStaleUploads(db: Db, stale: StaleUploads, now: Date): Promise<number> {
  const rows = await db`
    with stale as (
      select id, case status when 'uploading' then 'upload_expired' else 'processing_failed' end as reason
      from image_uploads
      where (status = 'uploading' and updated_at < ${stale.unsent_before})
        or (status in ('scanning', 'processing') and updated_at < ${stale.stuck_before})
      limit ${stale.limit}
      for update skip locked
    ), failed as (
      update image_uploads u
      set status = 'failed', status_reason = s.reason, revision = revision + 1, updated_at = ${now}
      from stale s
      where u.id = s.id
      returning u.id, u.status, u.status_reason
    )
    insert into image_upload_events (upload_id, status, reason, at)
    select id, status, status_reason, ${now} from failed
    returning id
  `
  return rows.length
}

export interface StaleUploads {
  readonly unsent_before: Date
  readonly stuck_before: Date
  readonly limit: number
}
