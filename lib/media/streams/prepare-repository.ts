import type { Db, Fragment } from '../../db/client.ts'
import type { PrepareJob } from './stream-server.ts'

export type JobStatus = 'queued' | 'sending' | 'waiting' | 'accepted' | 'ready' | 'failed' | 'lapsed'

export interface Job {
  readonly id: string
  readonly status: JobStatus
  readonly tries: number
  readonly reason: string | null
}

/** Until it has ended, a job always has a time at which it is asked for again. */
const isLive = (db: Db): Fragment => db`next_attempt_at is not null`

/** The caller holds the lock of the track. The version answers to this job alone from now on. */
export async function insertJob(
  db: Db,
  versionId: string,
  { at, next_attempt_at }: { readonly at: Date; readonly next_attempt_at: Date },
): Promise<string> {
  const [row] = await db<[{ stream_job_id: string }]>`
    with job as (
      insert into stream_jobs (version_id, next_attempt_at, created_at, updated_at)
      values (${versionId}, ${next_attempt_at}, ${at}, ${at})
      returning id, version_id, status
    ), told as (
      insert into stream_job_events (job_id, status, try, at) select id, status, 0, ${at} from job
    )
    update track_versions v set stream_job_id = j.id from job j where v.id = j.version_id
    returning v.stream_job_id
  `
  return row.stream_job_id
}

export async function findJob(db: Db, jobId: string): Promise<Job | undefined> {
  const [row] = await db<[Job?]>`select id, status, tries, reason from stream_jobs where id = ${jobId}`
  return row
}

export interface JobMove {
  readonly to: JobStatus
  readonly reason?: string | null
  /** Of a job that goes on. */
  readonly next_attempt_at?: Date
  readonly at: Date
}

/** What a move starts from, so that of two only one is made. */
export interface JobState {
  readonly status: JobStatus
  readonly tries: number
}

/** One more try; false when another delivery has begun it. */
export const claimJob = (
  db: Db,
  jobId: string,
  { tries }: Pick<Job, 'tries'>,
  move: Pick<JobMove, 'next_attempt_at' | 'at'>,
): Promise<boolean> =>
  moveJob(db, db`id = ${jobId} and status = 'queued' and tries = ${tries}`, {
    ...move,
    to: 'sending',
    tries: tries + 1,
  })

/** From exactly where it was seen; false when it has gone on. */
export const moveJobFrom = (db: Db, jobId: string, { status, tries }: JobState, move: JobMove) =>
  moveJob(db, db`id = ${jobId} and status = ${status} and tries = ${tries}`, move)

/** From wherever it is, unless it has ended. */
export const moveLiveJob = (db: Db, jobId: string, move: JobMove) =>
  moveJob(db, db`id = ${jobId} and ${isLive(db)}`, move)

export const endJobsOf = (db: Db, versionId: string, at: Date) =>
  moveJob(db, db`version_id = ${versionId} and ${isLive(db)}`, { to: 'lapsed', at })

async function moveJob(
  db: Db,
  which: Fragment,
  { to, reason = null, tries, next_attempt_at, at }: JobMove & { readonly tries?: number },
): Promise<boolean> {
  const rows = await db`
    with moved as (
      update stream_jobs
      set status = ${to}, reason = ${reason}, tries = ${tries === undefined ? db`tries` : tries},
        next_attempt_at = ${next_attempt_at ?? null}, updated_at = ${at}
      where ${which}
      returning id, status, tries, reason
    ), told as (
      insert into stream_job_events (job_id, status, try, reason, at)
      select id, status, tries, reason, ${at} from moved
    )
    select from moved
  `
  return rows.length > 0
}

/** Said of a job that was accepted and never heard of again. */
const unheardOf = 'no_callback'

/** Some that are due, to be sent by whoever gets them; those that another poller has in hand are left to it. */
export async function queueDue(
  db: Db,
  {
    at,
    next_attempt_at,
    limit,
  }: { readonly at: Date; readonly next_attempt_at: Date; readonly limit: number },
): Promise<PrepareJob[]> {
  return db<PrepareJob[]>`
    with due as (
      select id, status from stream_jobs
      where next_attempt_at <= ${at}
      order by next_attempt_at
      limit ${limit}
      for update skip locked
    ), queued as (
      update stream_jobs j
      set status = 'queued', next_attempt_at = ${next_attempt_at}, updated_at = ${at},
        reason = case when d.status = 'accepted' then ${unheardOf} else j.reason end
      from due d
      where j.id = d.id
      returning j.id, j.version_id, j.status, j.tries, j.reason
    ), told as (
      insert into stream_job_events (job_id, status, try, reason, at)
      select id, status, tries, reason, ${at} from queued
    )
    select q.id as job_id, v.track_id, v.id as version_id
    from queued q
    join track_versions v on v.id = q.version_id
  `
}

/** Jobs that code before this table has asked for, or that lost their row: nothing that is under way is left to chance. */
export async function adoptJobs(
  db: Db,
  { at, limit }: { readonly at: Date; readonly limit: number },
): Promise<number> {
  const { count } = await db`
    insert into stream_jobs (id, version_id, status, next_attempt_at, created_at, updated_at)
    select v.stream_job_id, v.id, 'waiting', ${at}, ${at}, ${at}
    from uploads u
    join track_versions v on v.upload_id = u.id
    where u.status = 'transcoding' and v.stream_job_id is not null
      and not exists (select from stream_jobs j where j.id = v.stream_job_id)
    limit ${limit}
    on conflict do nothing
  `
  return count
}

/** The versions of a track that wait for a stream which no job will bring. */
export async function listForsaken(db: Db, trackId: string): Promise<{ id: string; track_id: string }[]> {
  return db<{ id: string; track_id: string }[]>`
    select v.id, v.track_id
    from track_versions v
    join uploads u on u.id = v.upload_id
    left join stream_jobs j on j.id = v.stream_job_id
    where v.track_id = ${trackId} and u.status = 'transcoding' and v.removed_at is null and v.withdrawn_at is null
      and j.next_attempt_at is null
  `
}
