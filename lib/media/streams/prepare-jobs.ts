import type { Db, Sql } from '../../db/client.ts'
import { addAllToOutbox, addToOutbox } from '../../outbox.ts'
import { later, minuteMs } from '../../time.ts'
import type { Version } from '../versions-repository.ts'
import { adoptJobs, endJobsOf, insertJob, listForsaken, queueDue } from './prepare-repository.ts'

/** After so many the job has failed. */
export const mostTries = 8

/** After the first, the second and the third try; after every later one it is the last of them. */
const retryMinutes = [1, 5, 15, 60] as const

export const retryAt = (at: Date, tries: number): Date =>
  later(at, (retryMinutes[Math.max(tries, 1) - 1] ?? retryMinutes.at(-1)!) * minuteMs)

/** How long a job that was accepted may be silent. */
export const callbackDue = (at: Date): Date => later(at, 30 * minuteMs)

/** How long the event of a job may take to be handled: longer than the queue is ever slow. */
const handledBy = (at: Date): Date => later(at, 15 * minuteMs)

/**
 * Asks for the stream of a version, in the transaction that takes its upload to `transcoding` and holds the lock of
 * its track. A job that was under way before it no longer counts.
 */
export async function requestPrepare(
  tx: Db,
  { id: version_id, track_id }: Pick<Version, 'id' | 'track_id'>,
  at: Date,
): Promise<string> {
  await endJobsOf(tx, version_id, at)
  const job_id = await insertJob(tx, version_id, { at, next_attempt_at: handledBy(at) })
  await addToOutbox(tx, 'stream.prepare', { track_id, version_id, job_id })
  return job_id
}

/** For a track that comes back, whose jobs have lapsed while it was away. The caller holds its lock. */
export async function resumePrepare(tx: Db, trackId: string, at: Date): Promise<void> {
  for (const version of await listForsaken(tx, trackId)) await requestPrepare(tx, version, at)
}

const batch = 50

/** Has the jobs sent whose time has come: the next try, or the question what became of an accepted one. */
export const sendDueJobs = (sql: Sql, at: Date): Promise<number> =>
  sql.begin(async (tx) => {
    const jobs = await queueDue(tx, { at, next_attempt_at: handledBy(at), limit: batch })
    await addAllToOutbox(tx, 'stream.prepare', jobs)
    return jobs.length
  })

export const adoptLostJobs = (sql: Sql, at: Date): Promise<number> => adoptJobs(sql, { at, limit: batch })
