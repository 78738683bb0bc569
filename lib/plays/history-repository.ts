import type { Db, Fragment } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import { type TrackRow, trackColumns, tracksWithCounts } from '../tracks/columns.ts'
import type { Viewer } from '../tracks/visibility.ts'

export interface Listened {
  readonly user_id: string
  readonly track_id: string
  readonly last_played_at: Date
}

export async function noteInHistory(db: Db, { user_id, track_id, last_played_at }: Listened): Promise<void> {
  await db`
    insert into listening_history as kept (user_id, track_id, last_played_at)
    values (${user_id}, ${track_id}, ${last_played_at})
    on conflict (user_id, track_id) do update
    set last_played_at = excluded.last_played_at
    where kept.last_played_at < excluded.last_played_at
  `
}

export type HistoryRow = TrackRow & {
  readonly last_played_at: Date
  /** The same, to the microsecond. */
  readonly micros: number
}

export interface HistoryFilter {
  readonly user_id: string
  /** Only what was last played before this microsecond, or in it and by its id before. */
  readonly before: readonly [micros: number, track_id: string] | undefined
  readonly limit: number
  readonly isAllowed: (db: Db, viewer: Viewer) => Fragment
}

export async function listHistory(db: Db, viewer: Viewer, filter: HistoryFilter): Promise<HistoryRow[]> {
  const { user_id, before, limit, isAllowed } = filter
  return db<HistoryRow[]>`
    select ${trackColumns(db, viewer)}, h.last_played_at, ${toMicros(db, db`h.last_played_at`)} as micros
    from listening_history h
    join ${tracksWithCounts(db, viewer)} on t.id = h.track_id
    where h.user_id = ${user_id} and ${isAllowed(db, viewer)} and ${isPast(db, before)}
    order by h.last_played_at desc, h.track_id desc
    limit ${limit}
  `
}

const isPast = (db: Db, before: HistoryFilter['before']): Fragment =>
  before === undefined
    ? db`true`
    : isOlder(db, { at: db`h.last_played_at`, id: db`h.track_id` }, { at: before[0], id: before[1] })

export async function deleteHistory(db: Db, userId: string): Promise<void> {
  await db`delete from listening_history where user_id = ${userId}`
}

/** The plays stay, and are nobody's. */
export async function disownPlays(db: Db, userId: string): Promise<void> {
  await db`update plays set user_id = null where user_id = ${userId}`
}

/** What it was gathered from stays as well, and is nobody's. */
export async function disownReports(db: Db, userId: string): Promise<void> {
  await db`update listens set user_id = null where user_id = ${userId}`
  await db`update analytics_events set user_id = null where user_id = ${userId}`
}
