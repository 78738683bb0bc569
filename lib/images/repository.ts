import type * as z from 'zod/mini'
import type { Db } from '../db/client.ts'
import type { ArrivedObject } from '../media/scan/intake.ts'
import type { ImageKind } from './image-types.ts'
import type { ImageUploadStatus, imageUpload, RequestImage } from './schemas.ts'

export type ImageUploadRow = z.output<typeof imageUpload> & { readonly revision: number }

/** What a picture is for: a user, a track or a playlist. */
export interface ImageSubject {
  readonly kind: ImageKind
  readonly subject_id: string
}

export interface NewImageUpload extends RequestImage, ImageSubject {
  readonly created_by: string
  readonly expires_at: Date
}

export async function insertImageUpload(db: Db, upload: NewImageUpload, now: Date) {
  const [row] = await db<[{ id: string; object_key: string }]>`
    with granted as (
      insert into image_uploads (
        id, kind, subject_id, created_by, filename, content_type, size_bytes, sha256, object_key, original_key,
        expires_at, created_at, updated_at
      )
      select
        u.id, ${upload.kind}, ${upload.subject_id}, ${upload.created_by}, ${upload.filename},
        ${upload.content_type}, ${upload.size_bytes}, ${upload.sha256 ?? null},
        'uploads/images/' || u.id, 'originals/images/' || u.id, ${upload.expires_at}, ${now}, ${now}
      from (select uuidv7() as id) u
      returning id, object_key, status
    ), told as (
      insert into image_upload_events (upload_id, status, at) select id, status, ${now} from granted
    )
    select id, object_key from granted
  `
  return row
}

/** Of whoever asked for it, and of nobody else. */
export async function findOwnImageUpload(
  db: Db,
  uploadId: string,
  { kind, subject_id }: ImageSubject,
  userId: string,
): Promise<ImageUploadRow | undefined> {
  const [row] = await db<[ImageUploadRow?]>`
    select
      u.id, u.filename, u.content_type, u.size_bytes, u.status, u.status_reason, u.revision, u.expires_at,
      u.created_at, u.updated_at
    from image_uploads u
    where u.id = ${uploadId} and u.kind = ${kind} and u.subject_id = ${subject_id}
      and u.created_by = ${userId}
  `
  return row && { ...row, timeline: await listImageUploadEvents(db, uploadId) }
}

async function listImageUploadEvents(db: Db, uploadId: string): Promise<ImageUploadRow['timeline']> {
  return db<ImageUploadRow['timeline'][number][]>`
    select status, reason, at
    from image_upload_events
    where upload_id = ${uploadId}
    order by id
  `
}

export interface ImageMove {
  readonly from: ImageUploadStatus
  readonly to: ImageUploadStatus
  readonly reason?: string | undefined
  /** Pins the object: from now on only this version of it is meant, whatever else comes to its key. */
  readonly object?: ArrivedObject
  readonly image_sha256?: string
  readonly at: Date
}

/** Takes an upload one step on, unless it is elsewhere already, and writes that down in its timeline. */
export async function moveImageUpload(db: Db, uploadId: string, move: ImageMove): Promise<boolean> {
  const { from, to, reason, object, image_sha256, at } = move
  const rows = await db`
    with moved as (
      update image_uploads
      set status = ${to}, status_reason = ${reason ?? null},
        object_etag = coalesce(object_etag, ${object?.etag ?? null}),
        object_version_id = coalesce(object_version_id, ${object?.version_id ?? null}),
        image_sha256 = ${image_sha256 ?? null}, revision = revision + 1, updated_at = ${at}
      where id = ${uploadId} and status = ${from}
      returning id, status, status_reason
    ), told as (
      insert into image_upload_events (upload_id, status, reason, at)
      select id, status, status_reason, ${at} from moved
    )
    select from moved
  `
  return rows.length > 0
}

/** Gives up what is under way for a subject: the answer to it is not wanted any more. */
export async function giveUpImageUploads(
  db: Db,
  { kind, subject_id }: ImageSubject,
  reason: string,
  at: Date,
): Promise<void> {
  await db`
    with given_up as (
      update image_uploads
      set status = 'failed', status_reason = ${reason}, revision = revision + 1, updated_at = ${at}
      where kind = ${kind} and subject_id = ${subject_id}
        and status in ('uploading', 'scanning', 'processing')
      returning id, status, status_reason
    )
    insert into image_upload_events (upload_id, status, reason, at)
    select id, status, status_reason, ${at} from given_up
  `
}
