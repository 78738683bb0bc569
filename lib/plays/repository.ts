import type { Db } from '../db/client.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import type { IssuedPlay } from './play-token.ts'

export interface PlayedVersion {
  readonly duration_ms: number | null
}

/** What was listened to, if the listener may still see it. */
export async function findPlayedVersion(db: Db, play: IssuedPlay, viewer: Viewer) {
  const [row] = await db<[PlayedVersion?]>`
    select played.duration_ms
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

/** Whether a play counts: the listener's last one that did began long enough before, or after. */
export async function claimWindow(db: Db, { track_id, listener, started_at, window_ms }: Window) {
  const { count } = await db`
    insert into play_windows as kept (track_id, listener, started_at)
    values (${track_id}, ${listener}, ${started_at})
    on conflict (track_id, listener) do update
    set started_at = greatest(kept.started_at, excluded.started_at)
    where abs(extract(epoch from excluded.started_at - kept.started_at)) * 1000 >= ${window_ms}
  `
  return count === 1
}

export interface NewPlay extends IssuedPlay {
  readonly started_at: Date
  readonly listened_ms: number
  readonly is_complete: boolean
  readonly is_counted: boolean
}

/** False where it was reported before. */
export async function insertPlay(db: Db, play: NewPlay): Promise<boolean> {
  const { count } = await db`
    insert into plays (
      id, issued_at, track_id, version_id, user_id, visitor, started_at, listened_ms, is_complete, is_counted
    ) values (
      ${play.id}, ${play.issued_at}, ${play.track_id}, ${play.version_id}, ${play.user_id ?? null},
      ${play.visitor === undefined ? null : Buffer.from(play.visitor, 'hex')}, ${play.started_at},
      ${play.listened_ms}, ${play.is_complete}, ${play.is_counted}
    )
    on conflict do nothing
  `
  return count === 1
}

export async function extendPlay(
  db: Db,
  play: Pick<NewPlay, 'id' | 'issued_at' | 'listened_ms' | 'is_complete'>,
) {
  await db`
    update plays
    set listened_ms = ${play.listened_ms}, is_complete = is_complete or ${play.is_complete}
    where issued_at = ${play.issued_at} and id = ${play.id} and listened_ms < ${play.listened_ms}
  `
}
