import { randomUUID } from 'node:crypto'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { requestPrepare } from '../../lib/media/streams/prepare-jobs.ts'
import type { PrepareJob } from '../../lib/media/streams/stream-server.ts'
import { seedActor } from './tracks.ts'

export interface Prepared extends PrepareJob {
  readonly actor: Actor
  readonly upload_id: string
}

/** A version whose stream has just been asked for, as the metadata worker leaves it. */
export async function seedPrepare(sql: Sql, at: Date): Promise<Prepared> {
  const actor = await seedActor(sql)
  const [row] = await sql<[{ track_id: string; version_id: string; upload_id: string }]>`
    with track as (
      insert into tracks (owner_id, title, rights_confirmed_at, status)
      values (${actor.id}, 'Low Tide', ${at}, 'transcoding')
      returning id
    ), upload as (
      insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at)
      select id, ${actor.id}, 'a.wav', 'audio/wav', 9, ${randomUUID()}, 'transcoding', ${at} from track
      returning id, track_id
    )
    insert into track_versions (
      track_id, upload_id, number, object_key, sha256, size_bytes, content_type, duration_ms, created_at
    )
    select track_id, id, 1, ${`originals/${randomUUID()}/ab`}, 'ab', 9, 'audio/wav', 61000, ${at} from upload
    returning track_id, upload_id, id as version_id
  `
  const { track_id, version_id: id } = row
  const job_id = await sql.begin((tx) => requestPrepare(tx, { id, track_id }, at))
  return { ...row, actor, job_id }
}

export const jobOf = ({ track_id, version_id, job_id }: PrepareJob): PrepareJob => ({
  track_id,
  version_id,
  job_id,
})

/** Where a job and its upload stand. */
export async function jobStateOf(sql: Sql, { job_id, version_id }: PrepareJob) {
  const [state] = await sql`
    select j.status, j.tries, j.reason, j.next_attempt_at, u.status as upload, u.status_reason,
      array(select e.status from stream_job_events e where e.job_id = j.id order by e.id) as timeline
    from stream_jobs j
    join track_versions v on v.id = ${version_id}
    join uploads u on u.id = v.upload_id
    where j.id = ${job_id}
  `
  return state
}

/** Takes what waits in the outbox for a job, as the relay would. */
export async function takeEvents(sql: Sql, { job_id }: PrepareJob): Promise<PrepareJob[]> {
  const rows = await sql<{ payload: PrepareJob }[]>`
    delete from outbox where type = 'stream.prepare' and payload ->> 'job_id' = ${job_id} returning payload
  `
  return rows.map(({ payload }) => payload)
}
