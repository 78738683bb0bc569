import type { Db } from '../db/client.ts'
import type { Listener } from '../media/streaming.ts'
import type { CreateTrack, Track } from './schemas.ts'

export type TrackRow = Track & { readonly revision: number }

export interface Viewer {
  /** Undefined for a guest. */
  readonly id: string | undefined
  readonly now: Date
}

/** Its artist sees a track in any state; others once it plays and is released. */
function isVisible(db: Db, { id, now }: Viewer) {
  const isOut = db`t.status = 'ready' and t.visibility <> 'private' and (t.release_at is null or t.release_at <= ${now})`
  // Guests are most callers: without the alternative the index of public tracks serves them.
  return id === undefined ? isOut : db`(t.owner_id = ${id} or ${isOut})`
}

const isListed = (db: Db, { id }: Viewer) =>
  id === undefined ? db`t.visibility = 'public'` : db`(t.owner_id = ${id} or t.visibility = 'public')`

// Both revisions only grow, so that their sum tells when either of the two rows shown has changed.
const columns = (db: Db, { id }: Viewer) => db`
  t.id, json_build_object('id', o.id, 'username', o.username, 'display_name', o.display_name) as owner,
  t.title, t.description, t.genre, t.tags, t.bpm, t.musical_key, t.is_explicit, t.visibility, t.release_at,
  t.status, t.status_reason,
  case when v.id is not null then json_build_object('id', v.id, 'number', v.number, 'label', v.label) end as version,
  v.duration_ms, v.codec, v.sample_rate_hz, v.channels, v.bitrate_bps,
  json_build_object(
    'stream', v.id is not null,
    'download', v.id is not null and t.owner_id is not distinct from ${id ?? null},
    'edit', t.owner_id is not distinct from ${id ?? null}
  ) as access,
  t.created_at, t.updated_at, t.revision + o.revision as revision
`

const tables = (db: Db) => db`
  tracks t
  join users o on o.id = t.owner_id
  left join track_versions v on v.id = t.current_version_id
`

export interface NewTrack extends CreateTrack {
  readonly owner_id: string
  readonly rights_confirmed_ip: string
}

export async function insertTrack(db: Db, track: NewTrack, now: Date): Promise<string> {
  const [row] = await db<[{ id: string }]>`
    insert into tracks (
      owner_id, title, description, genre, tags, bpm, musical_key, is_explicit, visibility, release_at,
      rights_confirmed_at, rights_confirmed_ip, created_at, updated_at
    ) values (
      ${track.owner_id}, ${track.title}, ${track.description}, ${track.genre ?? null},
      ${track.tags}::text[], ${track.bpm ?? null}, ${track.musical_key ?? null}, ${track.is_explicit},
      ${track.visibility}, ${track.release_at ?? null}, ${now}, ${track.rights_confirmed_ip}, ${now}, ${now}
    )
    returning id
  `
  return row.id
}

export async function findTrack(db: Db, trackId: string, viewer: Viewer): Promise<TrackRow | undefined> {
  const [row] = await db<[TrackRow?]>`
    select ${columns(db, viewer)}
    from ${tables(db)}
    where t.id = ${trackId} and t.deleted_at is null and ${isVisible(db, viewer)}
  `
  return row
}

export interface TrackFilter {
  readonly artist: string | undefined
  /** Only tracks older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first: what anybody may find, and everything of the viewer's own. */
export async function listTracks(db: Db, viewer: Viewer, filter: TrackFilter): Promise<TrackRow[]> {
  return db<TrackRow[]>`
    select ${columns(db, viewer)}
    from ${tables(db)}
    where t.deleted_at is null
      and ${isListed(db, viewer)}
      and ${isVisible(db, viewer)}
      ${filter.artist === undefined ? db`` : db`and o.username = ${filter.artist}`}
      ${filter.before === undefined ? db`` : db`and t.id < ${filter.before}`}
    order by t.id desc
    limit ${filter.limit}
  `
}

export interface PlayableTrack {
  readonly version_id: string | null
  readonly manifest_key: string | null
  readonly duration_ms: number | null
  /** The viewer; null for a guest. */
  readonly listener: Omit<Listener, 'session_id'> | null
}

/** What plays of a track, and who asks for it, as the stream server knows people. */
export async function findPlayableTrack(
  db: Db,
  trackId: string,
  viewer: Viewer,
): Promise<PlayableTrack | undefined> {
  const [row] = await db<[PlayableTrack?]>`
    select
      v.id as version_id, v.manifest_key, v.duration_ms,
      case when l.id is not null then
        json_build_object('user_number', l.user_number, 'username', l.username, 'role', l.role)
      end as listener
    from tracks t
    left join track_versions v on v.id = t.current_version_id
    left join users l on l.id = ${viewer.id ?? null}
    where t.id = ${trackId} and t.deleted_at is null and ${isVisible(db, viewer)}
  `
  return row
}

/** Locks a track that the user owns. Whoever changes anything of a track takes this lock first. */
export async function lockOwnTrack(db: Db, trackId: string, ownerId: string) {
  const [row] = await db<[{ revision: number }?]>`
    select t.revision + o.revision as revision
    from tracks t
    join users o on o.id = t.owner_id
    where t.id = ${trackId} and t.owner_id = ${ownerId} and t.deleted_at is null
    for update of t
  `
  return row
}

export async function markDeleted(db: Db, trackId: string, now: Date): Promise<void> {
  await db`
    update tracks
    set deleted_at = ${now}, updated_at = ${now}, revision = revision + 1
    where id = ${trackId}
  `
}

export async function markAllDeleted(db: Db, ownerId: string, now: Date): Promise<void> {
  await db`
    update tracks
    set deleted_at = ${now}, updated_at = ${now}, revision = revision + 1
    where owner_id = ${ownerId} and deleted_at is null
  `
}
