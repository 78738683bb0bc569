import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { requestRedelivery } from '../media/redelivery.ts'
import { later, minuteMs } from '../time.ts'
import { lockTracks } from '../tracks/locks.ts'
import { createUploadCompletion } from './completion.ts'
import { endUpload } from './ending.ts'
import { isLost } from './reservation.ts'
import { forgetMultipart, type UploadSession } from './sessions-repository.ts'
import { listUnaborted, takeUnheard } from './sweep-repository.ts'

export interface UploadSweepDependencies {
  readonly sql: Sql
  readonly uploads: Pick<ObjectStore, 'listParts' | 'completeMultipart' | 'abortMultipart' | 'find'>
}

/** Between two looks at one upload; the bucket usually tells within seconds. */
const lookEveryMs = 15 * minuteMs

const batch = 20

/** What nobody else brings to an end: both may run as often and as many at once as they like. */
export function createUploadSweep({ sql, uploads }: UploadSweepDependencies) {
  const completion = createUploadCompletion({ sql, store: uploads })

  const expire = ({ id, track_id }: UploadSession, now: Date) =>
    sql.begin(async (tx) => {
      await lockTracks(tx, tx`t.id = ${track_id}`)
      await endUpload(tx, id, { status: 'failed', status_reason: 'upload_expired' }, now)
    })

  /** The message that the bucket should have sent. */
  const send = ({ id }: UploadSession) => sql.begin((tx) => requestRedelivery(tx, id))

  const settle = async (session: UploadSession, now: Date): Promise<void> => {
    const mayBeThere = session.mode === 'single' || session.completed_at !== null
    if (mayBeThere && (await completion.handOverFound(session, now))) return send(session)
    if (session.completed_at && (await completion.resume(session, now))) return
    if (isLost(session, now)) await expire(session, now)
  }

  const throwAway = async ({ id, object_key, multipart_id }: UploadSession): Promise<void> => {
    await uploads.abortMultipart(object_key, multipart_id!)
    await forgetMultipart(sql, id)
  }

  return {
    /** Finds what the bucket did not tell of, completes what was left half done, and lets go of what is over. */
    async settleSome(now: Date): Promise<number> {
      const sessions = await takeUnheard(sql, { now, next: later(now, lookEveryMs), limit: batch })
      await allOf(sessions, (session) => settle(session, now))
      return sessions.length
    },

    async throwSomeAway(): Promise<number> {
      const sessions = await listUnaborted(sql, batch)
      await allOf(sessions, throwAway)
      return sessions.length
    },
  }
}

/** One that fails keeps no other from its turn. */
async function allOf(sessions: readonly UploadSession[], work: (session: UploadSession) => Promise<void>) {
  const failures: unknown[] = []
  for (const session of sessions) await work(session).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} uploads were not settled`)
}
