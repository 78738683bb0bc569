import { countsOf } from '../counts/counts.ts'
import type { Db, Fragment } from '../db/client.ts'
import { hasRow } from '../db/has-row.ts'
import type { Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { CreatePlaylist, ListPlaylists, Playlist, UpdatePlaylist } from './schemas.ts'
import {
  isPlaylistEditable,
  isPlaylistListed,
  isPlaylistManaged,
  isPlaylistVisible,
  playlistTables,
} from './visibility.ts'

/** A playlist as the viewer sees it, of `playlistsWithCounts`. */
const columns = (db: Db, viewer: Viewer): Fragment => db`
  p.id, ${personOf(db, 'o')} as owner,
  p.title, p.description, p.visibility, p.cover_sha256 as cover_url, p.item_count, p.duration_ms,
  n.like_count, n.follower_count,
  ${isIn(db, 'playlist_likes', viewer)} as liked, ${isIn(db, 'playlist_follows', viewer)} as followed,
  json_build_object(
    'edit', ${isPlaylistEditable(db, viewer)}, 'manage', ${isPlaylistManaged(db, viewer)}
  ) as access,
  p.revision, p.created_at, p.updated_at
`

const isIn = (db: Db, table: 'playlist_likes' | 'playlist_follows', { id }: Viewer): Fragment =>
  id === undefined
    ? db`false`
    : hasRow(db, db`${db(table)} r where r.playlist_id = p.id and r.user_id = ${id}`)

const playlistsWithCounts = (db: Db, viewer: Viewer): Fragment => db`
  ${playlistTables(db, viewer)}
  ${countsOf(db, db`p.id`, ['like_count', 'follower_count'])}
`

export async function insertPlaylist(
  db: Db,
  ownerId: string,
  { title, description, visibility }: CreatePlaylist,
  now: Date,
): Promise<string> {
  const [row] = await db<[{ id: string }]>`
    insert into playlists (owner_id, title, description, visibility, counted_at, created_at, updated_at)
    values (${ownerId}, ${title}, ${description}, ${visibility}, ${now}, ${now}, ${now})
    returning id
  `
  return row.id
}

export async function findPlaylist(
  db: Db,
  playlistId: string,
  viewer: Viewer,
): Promise<Playlist | undefined> {
  const [row] = await db<[Playlist?]>`
    select ${columns(db, viewer)}
    from ${playlistsWithCounts(db, viewer)}
    where p.id = ${playlistId} and ${isPlaylistVisible(db, viewer)}
  `
  return row
}

/**
 * Whoever changes a playlist or its items locks it first, and only then reads what they go by: a statement that
 * waits for a lock sees all other tables as they were before. False where there is none.
 */
export async function lockPlaylist(tx: Db, playlistId: string): Promise<boolean> {
  const rows = await tx`select from playlists where id = ${playlistId} for no key update`
  return rows.length > 0
}

interface PlaylistPlace {
  /** Only playlists older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first: those the viewer has to do with. */
export async function listOwnPlaylists(
  db: Db,
  viewer: Viewer,
  filter: ListPlaylists['filter'],
  { before, limit }: PlaylistPlace,
): Promise<Playlist[]> {
  const isWanted = (kind: ListPlaylists['filter']) =>
    filter === 'all' || filter === kind ? db`true` : db`false`
  const isInPlace = db`
    ${isPlaylistVisible(db, viewer)} ${before === undefined ? db`` : db`and p.id < ${before}`}
    order by p.id desc
    limit ${limit}
  `
  return db<Playlist[]>`
    select ${columns(db, viewer)}
    from (
      (select p.id from ${playlistTables(db, viewer)}
        where ${isWanted('owned')} and p.owner_id = ${viewer.id ?? null} and ${isInPlace})
      union
      (select p.id from ${playlistTables(db, viewer)}
        where ${isWanted('shared')} and mine.role is not null and ${isInPlace})
      union
      (select p.id from playlist_follows f join ${playlistTables(db, viewer)} on p.id = f.playlist_id
        where ${isWanted('followed')} and f.user_id = ${viewer.id ?? null} and ${isInPlace})
    ) wanted
    join ${playlistsWithCounts(db, viewer)} on p.id = wanted.id
    order by p.id desc
    limit ${limit}
  `
}

/** Newest first: the public ones of a user; all of them to themselves. */
export async function listPlaylistsOf(
  db: Db,
  viewer: Viewer,
  ownerId: string,
  { before, limit }: PlaylistPlace,
): Promise<Playlist[]> {
  return db<Playlist[]>`
    select ${columns(db, viewer)}
    from ${playlistsWithCounts(db, viewer)}
    where p.owner_id = ${ownerId} and ${viewer.id === ownerId ? db`true` : isPlaylistListed(db, viewer)}
      ${before === undefined ? db`` : db`and p.id < ${before}`}
    order by p.id desc
    limit ${limit}
  `
}

export async function markUpdated(
  db: Db,
  playlistId: string,
  changes: UpdatePlaylist,
  now: Date,
): Promise<void> {
  await db`
    update playlists
    set ${db({ ...changes, updated_at: now })}, revision = revision + 1
    where id = ${playlistId}
  `
}

/** Of a playlist that is locked; false where it shows that one already. */
export async function markCover(
  tx: Db,
  playlistId: string,
  sha256: string | null,
  at: Date,
): Promise<boolean> {
  const { count } = await tx`
    update playlists
    set cover_sha256 = ${sha256}, revision = revision + 1, updated_at = ${at}
    where id = ${playlistId} and cover_sha256 is distinct from ${sha256}
  `
  return count === 1
}

export interface TotalsChange {
  readonly items: -1 | 0 | 1
  readonly duration_ms: number
}

/** Of an edit that changed so much. */
export async function addToTotals(
  db: Db,
  playlistId: string,
  { items, duration_ms }: TotalsChange,
  now: Date,
): Promise<void> {
  await db`
    update playlists
    set item_count = item_count + ${items}, duration_ms = duration_ms + ${duration_ms},
      revision = revision + 1, updated_at = ${now}
    where id = ${playlistId}
  `
}

/** Of an edit that changed whatever it did. */
export async function recountTotals(db: Db, playlistId: string, now: Date): Promise<void> {
  await db`
    update playlists
    set (item_count, duration_ms) = (
        select count(*), coalesce(sum(duration_ms), 0) from playlist_items where playlist_id = ${playlistId}
      ),
      revision = revision + 1, updated_at = ${now}
    where id = ${playlistId}
  `
}

export async function deletePlaylist(db: Db, playlistId: string): Promise<void> {
  await db`delete from playlists where id = ${playlistId}`
}
