import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { retryUploadStep } from '../media/upload-resuming.ts'
import type { OutboxRelay } from '../outbox.ts'
import { lockEditableTrack } from '../tracks/locks.ts'
import { findLiveUpload } from './repository.ts'

export interface UploadRetryDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type UploadRetry = ReturnType<typeof createUploadRetry>

/** Takes a failed upload up again from the step that failed, for whoever may change the track. */
export function createUploadRetry({ sql, relay, now = () => new Date() }: UploadRetryDependencies) {
  return async (actor: Actor, track_id: string, upload_id: string): Promise<void> => {
    await sql.begin(async (tx) => {
      if (!(await lockEditableTrack(tx, track_id, actor.id))) throw new AppError('not_found')
      const live = await findLiveUpload(tx, track_id)
      await retryUploadStep(tx, { track_id, upload_id, live }, now())
    })
    await relay.flushSoon()
  }
}
