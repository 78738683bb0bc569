import type { Db } from '../db/client.ts'
import { tellOfRejection } from './rejection.ts'
import type { UploadStatus } from './repository.ts'
import type { ArrivedObject } from './scan/intake.ts'

export interface Move {
  readonly from: UploadStatus
  readonly to: UploadStatus
  readonly reason?: string | undefined
  /** Pins the object: from now on only this version of it is meant, whatever else comes to its key. */
  readonly object?: ArrivedObject
  readonly at: Date
}

/**
 * Takes an upload one step on, unless it is elsewhere already, and writes that down in its timeline. The
 * track follows for as long as it plays nothing; only its newest upload can be under way. Who may know of a rejection
 * is told of it.
 */
export async function moveUpload(tx: Db, uploadId: string, move: Move): Promise<boolean> {
  const { from, to, reason, object, at } = move
  const [moved] = await tx<[{ track_id: string }?]>`
    with moved as (
      update uploads
      set status = ${to}, status_reason = ${reason ?? null},
          object_etag = coalesce(object_etag, ${object?.etag ?? null}),
          object_version_id = coalesce(object_version_id, ${object?.version_id ?? null}),
          revision = revision + 1, updated_at = ${at}
      where id = ${uploadId} and status = ${from}
      returning id, track_id, status, status_reason
    ), told as (
      insert into upload_events (upload_id, status, reason, at)
      select id, status, status_reason, ${at} from moved
    ), followed as (
      update tracks t
      set status = m.status, status_reason = m.status_reason, revision = t.revision + 1, updated_at = ${at}
      from moved m
      where t.id = m.track_id and t.current_version_id is null
    )
    select track_id from moved
  `
  if (moved && to === 'rejected') {
    await tellOfRejection(tx, { track_id: moved.track_id, upload_id: uploadId, reason })
  }
  return moved !== undefined
}
