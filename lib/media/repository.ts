import type { Db } from '../db/client.ts'
import type { ArrivedObject } from './scan/intake.ts'

export type UploadStatus =
  | 'uploading'
  | 'scanning'
  | 'processing'
  | 'transcoding'
  | 'ready'
  | 'rejected'
  | 'failed'

/** An upload as the workers see it, with the version that came of it. */
export interface UploadProgress {
  readonly id: string
  readonly track_id: string
  readonly is_track_deleted: boolean
  readonly content_type: string
  readonly size_bytes: number
  readonly sha256: string | null
  readonly object_key: string
  readonly object_etag: string | null
  readonly object_version_id: string | null
  readonly status: UploadStatus
  readonly status_reason: string | null
  readonly version_id: string | null
  readonly version_key: string | null
  readonly stored_at: Date | null
}

export async function findUploadByKey(db: Db, objectKey: string): Promise<UploadProgress | undefined> {
  const [row] = await db<[UploadProgress?]>`
    select
      u.id, u.track_id, t.deleted_at is not null as is_track_deleted, u.content_type, u.size_bytes, u.sha256,
      u.object_key, u.object_etag, u.object_version_id, u.status, u.status_reason,
      v.id as version_id, v.object_key as version_key, v.stored_at
    from uploads u
    join tracks t on t.id = u.track_id
    left join track_versions v on v.upload_id = u.id
    where u.object_key = ${objectKey}
  `
  return row
}

export interface LockedTrack {
  readonly is_deleted: boolean
}

/** Whoever changes anything of a track takes this lock first, so that changes queue up in one order. */
export async function lockTrack(db: Db, trackId: string): Promise<LockedTrack | undefined> {
  const [row] = await db<[LockedTrack?]>`
    select deleted_at is not null as is_deleted
    from tracks
    where id = ${trackId}
    for no key update
  `
  return row
}

/** For an upload that was begun before versions were kept on record. */
export async function pinVersion(db: Db, uploadId: string, object: ArrivedObject): Promise<void> {
  await db`
    update uploads set object_version_id = ${object.version_id}
    where id = ${uploadId} and object_version_id is null and object_etag = ${object.etag}
  `
}
