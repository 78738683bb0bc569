import type { Db, Fragment } from '../db/client.ts'
import { isEditable, trackTables, type Viewer } from '../tracks/visibility.ts'
import type { UploadRow } from './repository.ts'
import type { RequestUpload } from './schemas.ts'

/** An upload as those see it who bring its bytes in. */
export interface UploadSession {
  readonly id: string
  readonly track_id: string
  readonly object_key: string
  readonly content_type: string
  readonly size_bytes: number
  readonly sha256: string | null
  readonly mode: 'single' | 'multipart'
  readonly multipart_id: string | null
  readonly part_size: number | null
  readonly verifies_parts: boolean
  readonly status: UploadRow['status']
  readonly status_reason: string | null
  readonly expires_at: Date
  readonly completed_at: Date | null
  readonly created_at: Date
  readonly revision: number
}

/** Of uploads `u`. */
export const sessionColumns = (db: Db): Fragment => db`
  u.id, u.track_id, u.object_key, u.content_type, u.size_bytes, u.sha256, u.mode, u.multipart_id, u.part_size,
  u.verifies_parts, u.status, u.status_reason, u.expires_at, u.completed_at, u.created_at, u.revision
`

export interface NewUpload
  extends RequestUpload,
    Pick<UploadSession, 'track_id' | 'mode' | 'part_size' | 'expires_at'> {
  readonly created_by: string
  readonly ip: string
  readonly looks_at: Date
}

export async function insertUpload(db: Db, upload: NewUpload, now: Date): Promise<UploadSession> {
  const [row] = await db<[UploadSession]>`
    with u as (
      insert into uploads (
        id, track_id, created_by, filename, content_type, size_bytes, sha256, label, object_key, expires_at,
        mode, part_size, verifies_parts, allows_duplicate, rights_confirmed_at, rights_confirmed_ip, looks_at,
        created_at, updated_at
      )
      select
        n.id, ${upload.track_id}, ${upload.created_by}, ${upload.filename}, ${upload.content_type},
        ${upload.size_bytes}, ${upload.sha256 ?? null}, ${upload.label ?? null},
        'uploads/' || ${upload.track_id}::text || '/' || n.id, ${upload.expires_at}, ${upload.mode},
        ${upload.part_size}, ${upload.verify_parts && upload.mode === 'multipart'}, ${upload.allow_duplicate},
        ${upload.rights_confirmed ? now : null}, ${upload.rights_confirmed ? upload.ip : null},
        ${upload.looks_at}, ${now}, ${now}
      from (select uuidv7() as id) n
      returning *
    ), told as (
      insert into upload_events (upload_id, status, at) select id, status, ${now} from u
    )
    select ${sessionColumns(db)} from u
  `
  return row
}

export async function findSession(
  db: Db,
  trackId: string,
  uploadId: string,
  viewer: Viewer,
): Promise<UploadSession | undefined> {
  const [row] = await db<[UploadSession?]>`
    select ${sessionColumns(db)}
    from ${trackTables(db, viewer)}
    join uploads u on u.track_id = t.id
    where u.id = ${uploadId} and t.id = ${trackId} and t.deleted_at is null and ${isEditable(db, viewer)}
  `
  return row
}

/** False where it was given up meanwhile. */
export async function markOpened(
  db: Db,
  uploadId: string,
  { multipart_id, looks_at }: { readonly multipart_id: string; readonly looks_at: Date },
): Promise<boolean> {
  const { count } = await db`
    update uploads
    set multipart_id = ${multipart_id}, looks_at = ${looks_at}
    where id = ${uploadId} and status = 'uploading' and multipart_id is null
  `
  return count === 1
}

/** From now on it is completed, by a sweep if nobody else; false where it is no longer being uploaded. */
export async function markCompleting(
  db: Db,
  uploadId: string,
  { now, looks_at }: { readonly now: Date; readonly looks_at: Date },
): Promise<boolean> {
  const { count } = await db`
    update uploads
    set completed_at = coalesce(completed_at, ${now}), looks_at = ${looks_at}
    where id = ${uploadId} and status = 'uploading'
  `
  return count === 1
}

/** Its parts are an object by now, or thrown away. */
export async function forgetMultipart(db: Db, uploadId: string): Promise<void> {
  await db`update uploads set multipart_id = null where id = ${uploadId}`
}
