import type { ObjectStore } from '../../aws/object-store.ts'
import { tellTeam } from '../../collaboration/telling.ts'
import type { Sql, Transaction } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { logger } from '../../logger.ts'
import { addToOutbox, type OutboxRelay } from '../../outbox.ts'
import { later } from '../../time.ts'
import { moveUpload } from '../moves.ts'
import { lockTrack } from '../repository.ts'
import { findVersion, markCurrent, markReady, type Version } from '../versions-repository.ts'
import { mostTries, retryAt } from './prepare-jobs.ts'
import { findJob, moveLiveJob } from './prepare-repository.ts'
import type { StreamFailed, StreamReady } from './schemas.ts'

export interface CallbackDependencies {
  readonly sql: Sql
  readonly media: Pick<ObjectStore, 'presignGet'>
  /** Without it those who wait for the version are told once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type CallbackService = ReturnType<typeof createCallbackService>

/** `ignored`: a callback of a job that no longer counts, or of a version that another one has overtaken. */
export type CallbackResult = 'accepted' | 'ignored'

const sourceSeconds = 15 * 60

/** What the stream server asks and tells us about the jobs it was given. */
export function createCallbackService({ sql, media, relay, now = () => new Date() }: CallbackDependencies) {
  return {
    /** The original as it was uploaded; the newest version unless one is named. */
    async source(trackId: string, versionId: string | undefined) {
      const version = await findVersion(sql, trackId, versionId)
      if (!version) throw new AppError('not_found')
      const { object_key, object_version_id: version_id, sha256, content_type } = version
      const expires_at = later(now(), sourceSeconds * 1_000)
      const url = await media.presignGet(object_key, sourceSeconds, { version_id })
      return { url, expires_at, sha256, content_type }
    },

    ready: (trackId: string, callback: StreamReady): Promise<CallbackResult> =>
      answer(trackId, callback, 'ready', async (tx, version, at) => {
        await moveLiveJob(tx, callback.job_id, { to: 'ready', at })
        await markReady(tx, version.id, callback, at)
        const event = { track_id: trackId, version_id: version.id }
        await addToOutbox(tx, 'track.ready', event)
        // Whoever chose another version meanwhile is not overruled; this one can be chosen too from now on.
        if (version.swaps_in) {
          await markCurrent(tx, trackId, version.id, at)
          await addToOutbox(tx, 'track.version_published', event)
          await tellTeam(tx, { kind: 'new_version', track_id: trackId, actor_id: version.uploaded_by })
        }
        await moveUpload(tx, version.upload_id, { from: 'transcoding', to: 'ready', at })
      }),

    /** What may go better the next time is tried again, as long as there are tries; anything else is over. */
    failed: (trackId: string, callback: StreamFailed): Promise<CallbackResult> =>
      answer(trackId, callback, 'failed', async (tx, version, at) => {
        const { job_id, reason, is_transient } = callback
        const job = await findJob(tx, job_id)
        logger.error('The stream server failed a job', { ...callback, tries: job?.tries })
        if (is_transient && job && job.tries < mostTries) {
          if (job.status !== 'accepted' && job.status !== 'sending') return
          const next_attempt_at = retryAt(at, job.tries)
          await moveLiveJob(tx, job_id, { to: 'waiting', reason, next_attempt_at, at })
          return
        }
        await moveLiveJob(tx, job_id, { to: 'failed', reason, at })
        const step = { from: 'transcoding', to: 'failed', reason: 'stream_failed', at } as const
        await moveUpload(tx, version.upload_id, step)
      }),
  }

  /** Does the work of a callback once; a repetition of what was done already is accepted and changes nothing. */
  async function answer(
    trackId: string,
    { version_id, job_id }: { readonly version_id: string; readonly job_id: string },
    status: 'ready' | 'failed',
    work: (tx: Transaction, version: Version, at: Date) => Promise<void>,
  ): Promise<CallbackResult> {
    const result = await sql.begin(async (tx): Promise<CallbackResult> => {
      const track = await lockTrack(tx, trackId)
      const version = await findVersion(tx, trackId, version_id)
      if (!track || !version) throw new AppError('not_found')
      if (version.stream_job_id !== job_id || version.is_overtaken) return 'ignored'
      if (version.upload_status === status) return 'accepted'
      if (version.upload_status !== 'transcoding') return 'ignored'
      await work(tx, version, now())
      return 'accepted'
    })
    if (result === 'accepted') await relay?.flushSoon()
    return result
  }
}
