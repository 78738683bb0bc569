import type { Db } from '../db/client.ts'
import { moveUpload } from '../media/moves.ts'
import { isUnderWay } from './under-way.ts'

export interface Ending {
  readonly status: 'failed' | 'rejected'
  readonly status_reason: string
}

/** Ends what is still being uploaded. The caller holds the lock of the track. */
export const endUpload = (
  tx: Db,
  uploadId: string,
  { status: to, status_reason: reason }: Ending,
  at: Date,
): Promise<boolean> => moveUpload(tx, uploadId, { from: 'uploading', to, reason, at })

/**
 * Gives up what a user has under way on a track, within the transaction that takes their part in it away. The
 * workers go on with nothing that is not where they left it, so it plays at no time, however far it has come.
 */
export async function endUploadOf(
  tx: Db,
  { track_id, user_id }: { readonly track_id: string; readonly user_id: string },
  now: Date,
): Promise<void> {
  await tx`
    with ended as (
      update uploads
      set status = 'failed', status_reason = 'uploader_removed', revision = revision + 1, updated_at = ${now}
      where track_id = ${track_id} and created_by = ${user_id} and ${isUnderWay(tx)}
      returning id, track_id, status, status_reason
    ), told as (
      insert into upload_events (upload_id, status, reason, at)
      select id, status, status_reason, ${now} from ended
    )
    update tracks t
    set status = e.status, status_reason = e.status_reason, revision = t.revision + 1, updated_at = ${now}
    from ended e
    where t.id = e.track_id and t.current_version_id is null
  `
}

/**
 * Within the transaction that ends the account of an owner, which holds these tracks: nobody can go on with what is
 * being uploaded to them. What a worker is at ends when it finds the track deleted.
 */
export async function endUploadsTo(tx: Db, ownerId: string, now: Date): Promise<void> {
  await tx`
    with ended as (
      update uploads u
      set status = 'failed', status_reason = 'track_deleted', revision = u.revision + 1, updated_at = ${now}
      from tracks t
      where t.owner_id = ${ownerId} and u.track_id = t.id and u.status = 'uploading'
      returning u.id, u.status, u.status_reason
    )
    insert into upload_events (upload_id, status, reason, at)
    select id, status, status_reason, ${now} from ended
  `
}
