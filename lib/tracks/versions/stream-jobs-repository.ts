import type { Db } from '../../db/client.ts'
import { isEditable, trackTables, type Viewer } from '../visibility.ts'
import type { StreamJob } from './stream-job-schemas.ts'

export type JobRow = Omit<StreamJob, 'timeline'>

export interface JobFilter {
  readonly track_id: string
  readonly version_id: string
  /** Only jobs that were asked for before the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first; none for whoever may not change the track. */
export async function listJobs(db: Db, viewer: Viewer, filter: JobFilter): Promise<JobRow[]> {
  const { track_id, version_id, before, limit } = filter
  return db<JobRow[]>`
    select j.id, j.status, j.tries, j.reason, j.next_attempt_at, j.created_at, j.updated_at
    from ${trackTables(db, viewer)}
    join track_versions h on h.track_id = t.id
    join stream_jobs j on j.version_id = h.id
    where t.id = ${track_id} and h.id = ${version_id} and t.deleted_at is null and ${isEditable(db, viewer)}
      ${before === undefined ? db`` : db`and j.id < ${before}`}
    order by j.id desc
    limit ${limit}
  `
}

export type JobEvent = StreamJob['timeline'][number] & { readonly job_id: string }

/** Of each job in the order in which they came; a job that is tried eight times has some thirty. */
export async function listJobEvents(db: Db, jobIds: readonly string[]): Promise<JobEvent[]> {
  return db<JobEvent[]>`
    select job_id, status, try, reason, at
    from stream_job_events
    where job_id = any(${jobIds}::uuid[])
    order by job_id, id
  `
}
