import type * as z from 'zod/mini'
import type { Db } from '../db/client.ts'
import { explainStatus } from '../media/reasons.ts'
import { isEditable, trackTables, type Viewer } from '../tracks/visibility.ts'
import { isKept } from './duplicates.ts'
import type { upload } from './schemas.ts'
import type { UploadSession } from './sessions-repository.ts'
import { isUnderWay } from './under-way.ts'

export type UploadRow = z.output<typeof upload> & { readonly revision: number }

export type LiveUpload = Pick<
  UploadSession,
  'id' | 'status' | 'expires_at' | 'mode' | 'multipart_id' | 'completed_at' | 'created_at'
>

export async function findLiveUpload(db: Db, trackId: string): Promise<LiveUpload | undefined> {
  const [row] = await db<[LiveUpload?]>`
    select id, status, expires_at, mode, multipart_id, completed_at, created_at
    from uploads
    where track_id = ${trackId} and ${isUnderWay(db)}
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

/** What the database knows of it; which parts are there, only the bucket does. */
export type StoredUpload = Omit<UploadRow, 'parts_uploaded'> &
  Pick<UploadSession, 'object_key' | 'multipart_id'>

export async function findEditableUpload(
  db: Db,
  trackId: string,
  uploadId: string,
  viewer: Viewer,
): Promise<StoredUpload | undefined> {
  const [row] = await db<[StoredUpload?]>`
    select
      u.id, u.track_id, u.filename, u.content_type, u.size_bytes, u.label, u.status, u.status_reason,
      u.mode, u.part_size, ceil(u.size_bytes::numeric / coalesce(u.part_size, u.size_bytes))::int as part_count,
      u.object_key, u.multipart_id, u.revision, u.expires_at, u.created_at, u.updated_at,
      array(
        select distinct d.track_id
        from track_versions own
        join track_versions d on d.sha256 = own.sha256 and d.id <> own.id and ${isKept(db)}
        join tracks dt on dt.id = d.track_id and dt.owner_id = t.owner_id and dt.deleted_at is null
        where own.upload_id = u.id and (dt.id = t.id or t.owner_id = ${viewer.id ?? null})
        limit 20
      ) as duplicate_of
    from ${trackTables(db, viewer)}
    join uploads u on u.track_id = t.id
    where u.id = ${uploadId} and t.id = ${trackId} and t.deleted_at is null and ${isEditable(db, viewer)}
  `
  return row && { ...row, ...explainStatus(row), timeline: await listUploadEvents(db, uploadId) }
}

async function listUploadEvents(db: Db, uploadId: string): Promise<UploadRow['timeline']> {
  return db<UploadRow['timeline'][number][]>`
    select status, reason, at
    from upload_events
    where upload_id = ${uploadId}
    order by id
  `
}
