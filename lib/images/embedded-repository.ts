import type { Db } from '../db/client.ts'
import type { PictureOrigin } from '../media/metadata/artwork-intake.ts'
import type { ImageUploadStatus } from './schemas.ts'

export interface EmbeddedUpload {
  readonly object_key: string
  readonly content_type: string
  readonly status: ImageUploadStatus
}

export async function findEmbeddedUpload(db: Db, versionId: string): Promise<EmbeddedUpload | undefined> {
  const [row] = await db<[EmbeddedUpload?]>`
    select object_key, content_type, status from image_uploads where version_id = ${versionId}
  `
  return row
}

/** Whether the track shows nothing, and nobody has sent anything that it is to show. */
export async function lacksArtwork(db: Db, trackId: string): Promise<boolean> {
  const rows = await db`
    select from tracks t
    where t.id = ${trackId} and t.deleted_at is null and t.artwork_sha256 is null
      and not exists (
        select from image_uploads u
        where u.kind = 'artwork' and u.subject_id = t.id and u.status in ('uploading', 'scanning', 'processing')
      )
  `
  return rows.length > 0
}

export interface NewEmbeddedUpload extends PictureOrigin {
  readonly filename: string
  readonly content_type: string
  readonly size_bytes: number
  readonly sha256: string | null
  readonly status: 'uploading' | 'rejected'
  readonly reason: string | null
  readonly expires_at: Date
}

/** Each version gives at most one. */
export async function insertEmbeddedUpload(
  db: Db,
  upload: NewEmbeddedUpload,
  now: Date,
): Promise<string | undefined> {
  const [row] = await db<[{ object_key: string }?]>`
    with taken as (
      insert into image_uploads (
        id, kind, subject_id, created_by, version_id, filename, content_type, size_bytes, sha256, object_key,
        original_key, status, status_reason, expires_at, created_at, updated_at
      )
      select
        u.id, 'artwork', ${upload.track_id}, ${upload.uploaded_by}, ${upload.version_id}, ${upload.filename},
        ${upload.content_type}, ${upload.size_bytes}, ${upload.sha256}, 'uploads/images/' || u.id,
        'originals/images/' || u.id, ${upload.status}, ${upload.reason}, ${upload.expires_at}, ${now}, ${now}
      from (select uuidv7() as id) u
      on conflict (version_id) do nothing
      returning id, object_key, status, status_reason
    ), told as (
      insert into image_upload_events (upload_id, status, reason, at)
      select id, status, status_reason, ${now} from taken
    )
    select object_key from taken
  `
  return row?.object_key
}
