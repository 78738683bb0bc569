import type { Db } from '../db/client.ts'
import { earlier, later } from '../time.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import type { Filter } from './filters.ts'
import { type IssuedPlay, reportedWithinMs } from './play-token.ts'

export interface PlayedVersion {
  readonly duration_ms: number | null
  /** Whose track it is. */
  readonly owner_id: string
}

/** What was listened to, if the listener may still see it. */
export async function findPlayedVersion(db: Db, play: IssuedPlay, viewer: Viewer) {
  const [row] = await db<[PlayedVersion?]>`
    select played.duration_ms, t.owner_id
    from ${trackTables(db, viewer)}
    join track_versions played on played.track_id = t.id and played.id = ${play.version_id}
    where t.id = ${play.track_id} and ${isVisible(db, viewer)}
  `
  return row
}

export interface Window {
  readonly track_id: string
  readonly listener: string
  readonly started_at: Date
  readonly window_ms: number
}

/**
 * Whether a play counts: each of the listener's that do began long enough before, or after. All of them are looked at,
 * for reports come in any order, and between two plays there may be a third.
 */
export async function claimWindow(db: Db, { track_id, listener, started_at, window_ms }: Window) {
  const { count } = await db`
    insert into play_windows as kept (track_id, listener, started_at, taken)
    values (
      ${track_id}, ${listener}, ${started_at},
      tstzmultirange(tstzrange(${earlier(started_at, window_ms)}, ${later(started_at, window_ms)}, '()'))
    )
    on conflict (track_id, listener) do update
    set
      started_at = greatest(kept.started_at, excluded.started_at),
      taken = excluded.taken
        + kept.taken * tstzmultirange(tstzrange(${earlier(started_at, reportedWithinMs)}, null))
    where not kept.taken @> excluded.started_at
  `
  return count === 1
}

export interface NewPlay extends IssuedPlay {
  readonly owner_id: string
  readonly started_at: Date
  readonly listened_ms: number
  readonly is_complete: boolean
  /** Whether it is nobody's. */
  readonly is_anonymous: boolean
  readonly filtered: Filter | undefined
  readonly source: string | undefined
  readonly country: string | undefined
  readonly device: string | undefined
}

/** It does not count yet. False where it was reported before. */
export async function insertPlay(db: Db, play: NewPlay): Promise<boolean> {
  const { is_anonymous, visitor } = play
  const { count } = await db`
    insert into plays (
      id, issued_at, track_id, version_id, owner_id, user_id, visitor, started_at, listened_ms, is_complete,
      is_counted, filtered, source, country, device
    ) values (
      ${play.id}, ${play.issued_at}, ${play.track_id}, ${play.version_id}, ${play.owner_id},
      ${is_anonymous ? null : (play.user_id ?? null)},
      ${is_anonymous || visitor === undefined ? null : Buffer.from(visitor, 'hex')}, ${play.started_at},
      ${play.listened_ms}, ${play.is_complete}, false, ${play.filtered ?? null}, ${play.source ?? null},
      ${play.country ?? null}, ${play.device ?? null}
    )
    on conflict do nothing
  `
  return count === 1
}

type PlayKey = Pick<NewPlay, 'id' | 'issued_at'>

/** Whether it counts, which is decided once. */
export async function markPlay(
  db: Db,
  { id, issued_at }: PlayKey,
  { is_counted, filtered }: { readonly is_counted: boolean; readonly filtered: Filter | undefined },
): Promise<void> {
  await db`
    update plays set is_counted = ${is_counted}, filtered = ${filtered ?? null}
    where issued_at = ${issued_at} and id = ${id}
  `
}

/** What was gathered of it elsewhere is that of a play. */
export async function markListen(db: Db, { id, issued_at }: PlayKey): Promise<void> {
  await db`update listens set is_play = true where issued_at = ${issued_at} and id = ${id} and not is_play`
}

/** What a later report adds: the longest one counts, and what one of them forbids is forbidden. */
export async function extendPlay(db: Db, play: NewPlay): Promise<readonly { readonly started_at: Date }[]> {
  const { source = null, country = null, device = null } = play
  return db<{ started_at: Date }[]>`
    update plays set
      listened_ms = greatest(listened_ms, ${play.listened_ms}),
      is_complete = is_complete or ${play.is_complete},
      user_id = case when ${play.is_anonymous} then null else user_id end,
      visitor = case when ${play.is_anonymous} then null else visitor end,
      source = coalesce(source, ${source}),
      country = coalesce(country, ${country}),
      device = coalesce(device, ${device})
    where issued_at = ${play.issued_at} and id = ${play.id} and (
      listened_ms < ${play.listened_ms} or (${play.is_complete} and not is_complete)
      or (${play.is_anonymous} and (user_id is not null or visitor is not null))
      or (source is null and ${source}::text is not null)
      or (country is null and ${country}::text is not null)
      or (device is null and ${device}::text is not null)
    )
    returning started_at
  `
}

export interface Disqualified {
  readonly started_at: Date
  readonly was_counted: boolean
}

/** It turned out not to count, after it was written down; undefined where that was known. */
export async function disqualifyPlay(db: Db, { id, issued_at }: PlayKey, filtered: Filter) {
  const [row] = await db<[Disqualified?]>`
    update plays set filtered = ${filtered}, is_counted = false
    where issued_at = ${issued_at} and id = ${id} and filtered is null
    returning started_at, old.is_counted as was_counted
  `
  return row
}
