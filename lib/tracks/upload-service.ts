import type { Actor } from '../auth/actor.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { grantExpiry, grantUpload } from '../media/upload-grant.ts'
import { lockEditableTrack } from './locks.ts'
import type { RequestUpload } from './upload-schemas.ts'
import {
  findEditableUpload,
  findLiveUpload,
  insertUpload,
  type LiveUpload,
  markExpired,
  markUploading,
  type UploadRow,
} from './uploads-repository.ts'

export interface UploadDependencies {
  readonly sql: Sql
  readonly store: Pick<ObjectStore, 'presignPut'>
  readonly now?: () => Date
}

export type UploadService = ReturnType<typeof createUploadService>

/** Seconds after which asking again is worth it. */
const pollSeconds = 2

export function createUploadService({ sql, store, now = () => new Date() }: UploadDependencies) {
  return {
    /** Grants one PUT of exactly the declared bytes, straight to the bucket. */
    grant: (actor: Actor, trackId: string, request: RequestUpload) =>
      sql.begin(async (tx) => {
        const at = now()
        if (!(await lockEditableTrack(tx, trackId, actor.id))) throw new AppError('not_found')
        const live = await findLiveUpload(tx, trackId)
        if (live && !isExpired(live, at)) throw new AppError('upload_in_progress', `It is ${live.status}`)
        if (live) await markExpired(tx, live.id, at)
        const expires_at = grantExpiry(at)
        const upload = { ...request, track_id: trackId, created_by: actor.id, expires_at }
        const { id, object_key } = await insertUpload(tx, upload, at)
        await markUploading(tx, trackId, at)
        return grantUpload(store, { id, object_key, expires_at }, request)
      }),

    async get(actor: Actor, trackId: string, uploadId: string): Promise<UploadRow> {
      const row = await findEditableUpload(sql, trackId, uploadId, { id: actor.id })
      if (!row) throw new AppError('not_found')
      return row
    },
  }
}

const isExpired = ({ status, expires_at }: LiveUpload, at: Date) => status === 'uploading' && expires_at <= at

const resting: readonly UploadRow['status'][] = ['ready', 'rejected', 'failed']

/** Seconds until the status may have changed; undefined when it will not. */
export const retryAfter = ({ status }: UploadRow) => (resting.includes(status) ? undefined : pollSeconds)
