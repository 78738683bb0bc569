import type { Sql } from '../../lib/db/client.ts'
import { createCallbackService } from '../../lib/media/streams/callback-service.ts'
import { sendDueJobs } from '../../lib/media/streams/prepare-jobs.ts'
import { createPrepareService } from '../../lib/media/streams/prepare-service.ts'
import { JobNotTaken, type PrepareJob } from '../../lib/media/streams/stream-server.ts'
import { minuteMs } from '../../lib/time.ts'
import { createClock } from './accounts.ts'
import { type Prepared, takeEvents } from './prepare.ts'
import { createBuckets } from './tracks.ts'

export const accept = async () => {}
export const refuse = async () => {
  throw new JobNotTaken(500)
}

/** Prepare jobs with a stream server that answers as it is told, and a clock that is moved by hand. */
export function createPrepareDesk(sql: Sql, start: Date) {
  let clock = createClock(start)
  let answer: () => Promise<void> = accept
  const now = () => clock.now()
  const sent: PrepareJob[] = []
  const streamServer = {
    prepare: async (job: PrepareJob) => {
      sent.push(job)
      await answer()
    },
  }
  const { prepare } = createPrepareService({ sql, now, streamServer })
  const callbacks = createCallbackService({ sql, media: createBuckets().media, now })

  return {
    now,
    sent,
    answerWith: (next: () => Promise<void>) => {
      answer = next
    },
    pass: (minutes: number) => clock.advance((minutes * minuteMs) / 1_000),
    goTo: (at: Date) => clock.advance((at.getTime() - now().getTime()) / 1_000),

    ready: ({ track_id, version_id, job_id }: PrepareJob) =>
      callbacks.ready(track_id, { version_id, job_id, manifest_key: 'm.m3u8', renditions: [] }),
    failed: ({ track_id, version_id, job_id }: PrepareJob, is_transient = false) =>
      callbacks.failed(track_id, { version_id, job_id, reason: 'no space left', is_transient }),

    /** What the clock and the queue do between them. */
    async work(job: Prepared) {
      await sendDueJobs(sql, now())
      for (const event of await takeEvents(sql, job)) await prepare(event)
    },

    /** Nothing is under way, and it is the beginning again. */
    async clear() {
      clock = createClock(start)
      answer = accept
      sent.splice(0)
      await sql`delete from stream_jobs`
      await sql`update uploads set status = 'failed' where status = 'transcoding'`
    },
  }
}
