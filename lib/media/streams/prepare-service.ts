import type { Sql } from '../../db/client.ts'
import { logger } from '../../logger.ts'
import { moveUpload } from '../moves.ts'
import { lockTrack } from '../repository.ts'
import { findVersion, type Version } from '../versions-repository.ts'
import { callbackDue, mostTries, retryAt } from './prepare-jobs.ts'
import { recordFailedTry, recordGivenUp } from './prepare-metrics.ts'
import { claimJob, findJob, type Job, moveJobFrom, moveLiveJob } from './prepare-repository.ts'
import { type PrepareJob, type StreamServer, whyNotTaken } from './stream-server.ts'

export interface PrepareDependencies {
  readonly sql: Sql
  readonly streamServer: StreamServer
  readonly now?: () => Date
}

/** Passes jobs on to the stream server. What fails is tried again later by itself, so no failure of it is thrown. */
export function createPrepareService({ sql, streamServer, now = () => new Date() }: PrepareDependencies) {
  return {
    async prepare(prepare: PrepareJob): Promise<void> {
      const version = await findVersion(sql, prepare.track_id, prepare.version_id)
      if (version?.stream_job_id !== prepare.job_id || version.upload_status !== 'transcoding') {
        await moveLiveJob(sql, prepare.job_id, { to: 'lapsed', at: now() })
        return logger.info('A prepare job has lapsed', { ...prepare })
      }
      const job = await findJob(sql, prepare.job_id)
      if (job?.status !== 'queued') {
        return logger.info('A prepare job is not to be sent now', { ...prepare, status: job?.status })
      }
      if (job.tries >= mostTries) return giveUp(version, job, job.reason)
      const at = now()
      const next_attempt_at = retryAt(at, job.tries + 1)
      if (await claimJob(sql, job.id, job, { next_attempt_at, at }))
        await send(prepare, version, job.tries + 1)
    },
  }

  async function send(prepare: PrepareJob, version: Version, tries: number) {
    const sending = { id: prepare.job_id, status: 'sending', tries } as const
    try {
      await streamServer.prepare(prepare)
    } catch (error) {
      const reason = whyNotTaken(error)
      recordFailedTry({ ...prepare, tries, reason, error: error as Error })
      if (tries >= mostTries) return giveUp(version, sending, reason)
      const at = now()
      await moveJobFrom(sql, sending.id, sending, {
        to: 'waiting',
        reason,
        next_attempt_at: retryAt(at, tries),
        at,
      })
      return
    }
    const at = now()
    await moveJobFrom(sql, sending.id, sending, { to: 'accepted', next_attempt_at: callbackDue(at), at })
  }

  /** A callback may have come meanwhile: it takes the same lock, and then the job is no longer where it was. */
  async function giveUp(version: Version, job: Pick<Job, 'id' | 'status' | 'tries'>, reason: string | null) {
    const isOver = await sql.begin(async (tx) => {
      await lockTrack(tx, version.track_id)
      const at = now()
      if (!(await moveJobFrom(tx, job.id, job, { to: 'failed', reason, at }))) return false
      await moveUpload(tx, version.upload_id, {
        from: 'transcoding',
        to: 'failed',
        reason: 'stream_failed',
        at,
      })
      return true
    })
    if (!isOver) return
    const { track_id, id: version_id } = version
    recordGivenUp({ track_id, version_id, job_id: job.id, tries: job.tries, reason })
  }
}
