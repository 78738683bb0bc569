import type * as z from 'zod/mini'
import type { Db, Fragment } from '../db/client.ts'
import type { RequestUpload, upload } from './upload-schemas.ts'
import { isEditable, trackTables, type Viewer } from './visibility.ts'

export type UploadRow = z.output<typeof upload> & { readonly revision: number }

export interface NewUpload extends RequestUpload {
  readonly track_id: string
  readonly created_by: string
  readonly expires_at: Date
}

export interface LiveUpload {
  readonly id: string
  readonly status: UploadRow['status']
  readonly expires_at: Date
}

/** As the unique index has it, by which at most one of a track is. */
export const isUnderWay = (db: Db): Fragment =>
  db`status in ('uploading', 'scanning', 'processing', 'transcoding')`

export async function findLiveUpload(db: Db, trackId: string): Promise<LiveUpload | undefined> {
  const [row] = await db<[LiveUpload?]>`
    select id, status, expires_at
    from uploads
    where track_id = ${trackId} and ${isUnderWay(db)}
  `
  return row
}

/** Gives up a grant that nobody used in time. */
export async function markExpired(db: Db, uploadId: string, now: Date): Promise<void> {
  await db`
    with expired as (
      update uploads
      set status = 'failed', status_reason = 'upload_expired', revision = revision + 1, updated_at = ${now}
      where id = ${uploadId}
      returning id, status, status_reason
    )
    insert into upload_events (upload_id, status, reason, at)
    select id, status, status_reason, ${now} from expired
  `
}

export async function insertUpload(db: Db, upload: NewUpload, now: Date) {
  const [row] = await db<[{ id: string; object_key: string }]>`
    with granted as (
      insert into uploads (
        id, track_id, created_by, filename, content_type, size_bytes, sha256, label, object_key, expires_at,
        created_at, updated_at
      )
      select
        u.id, ${upload.track_id}, ${upload.created_by}, ${upload.filename}, ${upload.content_type},
        ${upload.size_bytes}, ${upload.sha256 ?? null}, ${upload.label ?? null},
        'uploads/' || ${upload.track_id}::text || '/' || u.id, ${upload.expires_at}, ${now}, ${now}
      from (select uuidv7() as id) u
      returning id, object_key, status
    ), told as (
      insert into upload_events (upload_id, status, at) select id, status, ${now} from granted
    )
    select id, object_key from granted
  `
  return row
}

/** A track that plays a version goes on playing it while another one is under way. */
export async function markUploading(db: Db, trackId: string, now: Date): Promise<void> {
  await db`
    update tracks
    set status = 'uploading', status_reason = null, revision = revision + 1, updated_at = ${now}
    where id = ${trackId} and current_version_id is null
  `
}

export async function findEditableUpload(
  db: Db,
  trackId: string,
  uploadId: string,
  viewer: Viewer,
): Promise<UploadRow | undefined> {
  const [row] = await db<[UploadRow?]>`
    select
      u.id, u.track_id, u.filename, u.content_type, u.size_bytes, u.label, u.status, u.status_reason,
      u.revision, u.expires_at, u.created_at, u.updated_at
    from ${trackTables(db, viewer)}
    join uploads u on u.track_id = t.id
    where u.id = ${uploadId} and t.id = ${trackId} and t.deleted_at is null and ${isEditable(db, viewer)}
  `
  return row && { ...row, timeline: await listUploadEvents(db, uploadId) }
}

async function listUploadEvents(db: Db, uploadId: string): Promise<UploadRow['timeline']> {
  return db<UploadRow['timeline'][number][]>`
    select status, reason, at
    from upload_events
    where upload_id = ${uploadId}
    order by id
  `
}
