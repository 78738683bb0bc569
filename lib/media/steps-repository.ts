import type { Db, Fragment } from '../db/client.ts'
import { isUnderWay } from '../uploads/under-way.ts'
import type { UploadStatus } from './repository.ts'

/** An upload with what is needed to send it through a step once more. */
export interface StepState {
  readonly id: string
  readonly track_id: string
  readonly status: UploadStatus
  readonly status_reason: string | null
  readonly created_at: Date
  readonly object_key: string
  readonly object_etag: string | null
  readonly object_version_id: string | null
  readonly size_bytes: number
  readonly version_id: string | null
  /** Where its clean bytes are, once they are there. */
  readonly original_key: string | null
  readonly original_version_id: string | null
  readonly stored_at: Date | null
}

const columns = (db: Db): Fragment => db`
  u.id, u.track_id, u.status, u.status_reason, u.created_at, u.object_key, u.object_etag, u.object_version_id,
  u.size_bytes, v.id as version_id, v.object_key as original_key, v.object_version_id as original_version_id,
  v.stored_at
`

export async function findStep(db: Db, uploadId: string): Promise<StepState | undefined> {
  const [row] = await db<[StepState?]>`
    select ${columns(db)}
    from uploads u
    left join track_versions v on v.upload_id = u.id
    where u.id = ${uploadId}
  `
  return row
}

/** The step is being worked on: for a while the watchdog need not look. */
export async function markTried(db: Db, uploadId: string, now: Date): Promise<void> {
  await db`update uploads set tried_at = ${now} where id = ${uploadId}`
}

/** No sign of life for too long. */
const isStuck = (db: Db, before: Date): Fragment => db`
  u.status in ('scanning', 'processing') and u.updated_at < ${before}
  and coalesce(u.tried_at, u.updated_at) < ${before}
  and coalesce(u.redelivered_at, u.updated_at) < ${before}
`

const wasRedelivered = (db: Db): Fragment => db`coalesce(u.redelivered_at >= u.updated_at, false)`

export interface Patience {
  /** Nothing was heard of it since then. */
  readonly silent: Date
  /** Sent on before then and taken up by no worker, so that it does not merely wait behind many others. */
  readonly unread: Date
}

/** A worker took up what was sent on and went silent as well, or none ever did. */
const isHopeless = (db: Db, { silent, unread }: Patience): Fragment => db`
  ${isStuck(db, silent)} and ${wasRedelivered(db)}
  and (u.tried_at >= u.redelivered_at or u.redelivered_at < ${unread})
`

/** Marks some that are stuck for the first time, and says so in their timelines; answers which. */
export async function markRedelivered(
  db: Db,
  { before, now, limit }: { readonly before: Date; readonly now: Date; readonly limit: number },
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    with stuck as (
      select u.id from uploads u
      where ${isStuck(db, before)} and not ${wasRedelivered(db)}
      order by u.updated_at
      limit ${limit}
      for update skip locked
    ), marked as (
      update uploads u
      set redelivered_at = ${now}, revision = u.revision + 1
      from stuck
      where u.id = stuck.id
      returning u.id, u.status
    ), told as (
      insert into upload_events (upload_id, status, reason, at)
      select id, status, 'redelivered', ${now} from marked
    )
    select id from marked
  `
  return rows.map(({ id }) => id)
}

/** Some that stayed stuck, the ones with the oldest step first. */
export async function listHopeless(
  db: Db,
  patience: Patience,
  limit: number,
): Promise<{ id: string; track_id: string }[]> {
  return db<{ id: string; track_id: string }[]>`
    select u.id, u.track_id from uploads u
    where ${isHopeless(db, patience)}
    order by u.updated_at
    limit ${limit}
  `
}

/** Whether it still is; nobody changes that before the end of the transaction. */
export async function lockHopeless(db: Db, uploadId: string, patience: Patience): Promise<boolean> {
  const rows = await db`
    select from uploads u
    where u.id = ${uploadId} and ${isHopeless(db, patience)}
    for update
  `
  return rows.length > 0
}

export async function hasUploadUnderWay(db: Db, trackId: string): Promise<boolean> {
  const rows = await db`
    select from uploads
    where track_id = ${trackId} and ${isUnderWay(db)}
  `
  return rows.length > 0
}
