import type { Db, Fragment } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import { type TrackRow, trackColumns, tracksWithCounts } from './columns.ts'

export interface Deletion {
  readonly at: Date
  /** From when on there is no way back. */
  readonly purges_at: Date
}

export async function markDeleted(db: Db, trackId: string, { at, purges_at }: Deletion): Promise<void> {
  await db`
    update tracks
    set deleted_at = ${at}, purges_at = ${purges_at}, updated_at = ${at}, revision = revision + 1
    where id = ${trackId}
  `
}

/** Those that the owner had deleted before have no time left either. */
export async function markAllDeleted(db: Db, ownerId: string, { at, purges_at }: Deletion): Promise<void> {
  await db`
    update tracks
    set deleted_at = coalesce(deleted_at, ${at}), purges_at = ${purges_at}, updated_at = ${at},
      revision = revision + 1
    where owner_id = ${ownerId} and purged_at is null
  `
}

/** Whether it is back; false where it was not deleted, or is gone for good. */
export async function markRestored(db: Db, trackId: string, ownerId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update tracks
    set deleted_at = null, purges_at = null, updated_at = ${now}, revision = revision + 1
    where id = ${trackId} and owner_id = ${ownerId} and deleted_at is not null and purged_at is null
      and purges_at > ${now}
  `
  return count === 1
}

/** The version that plays, if there is one. */
export async function findPlaying(db: Db, trackId: string): Promise<string | undefined> {
  const [row] = await db<[{ current_version_id: string | null }?]>`
    select current_version_id from tracks where id = ${trackId}
  `
  return row?.current_version_id ?? undefined
}

export interface Team {
  readonly track_id: string
  readonly account_ids: string[]
}

/** The tracks of an owner that are not deleted yet, with those who work on them beside the owner. */
export async function listTeams(db: Db, ownerId: string): Promise<Team[]> {
  return db<Team[]>`
    select t.id as track_id, array(
      select c.user_id from track_collaborators c where c.track_id = t.id and c.status = 'accepted'
      order by c.user_id
    ) as account_ids
    from tracks t
    where t.owner_id = ${ownerId} and t.deleted_at is null
    order by t.id
  `
}

export type DeletedTrackRow = TrackRow & {
  readonly deleted_at: Date
  readonly purges_at: Date
  /** When it was deleted, to the microsecond. */
  readonly micros: number
}

export interface DeletedFilter {
  readonly owner_id: string
  readonly now: Date
  /** Only what was deleted before this microsecond, or in it and has a lower id. */
  readonly before: readonly [micros: number, id: string] | undefined
  readonly limit: number
}

/** The last deleted first. */
export async function listDeleted(db: Db, { owner_id, now, before, limit }: DeletedFilter) {
  const viewer = { id: owner_id }
  return db<DeletedTrackRow[]>`
    select ${trackColumns(db, viewer)}, t.deleted_at, t.purges_at, ${toMicros(db, db`t.deleted_at`)} as micros
    from ${tracksWithCounts(db, viewer)}
    where t.owner_id = ${owner_id} and t.deleted_at is not null and t.purged_at is null
      and t.purges_at > ${now} and ${isPast(db, before)}
    order by t.deleted_at desc, t.id desc
    limit ${limit}
  `
}

const isPast = (db: Db, before: DeletedFilter['before']): Fragment =>
  before === undefined
    ? db`true`
    : isOlder(db, { at: db`t.deleted_at`, id: db`t.id` }, { at: before[0], id: before[1] })
