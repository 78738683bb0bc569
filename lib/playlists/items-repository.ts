import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { PresentItem } from './arrangement.ts'
import type { Item } from './item-schemas.ts'

export interface ItemRow extends Omit<Item, 'track'> {
  readonly track_id: string
  readonly rank: string
}

/** Of an item `i` and whoever added it, `a`. */
const columns = (db: Db): Fragment => db`
  i.id, i.track_id, i.rank, i.added_at,
  case when a.id is not null then
    ${personOf(db, 'a')}
  end as added_by
`

const joinAdder = (db: Db, { id }: Viewer): Fragment => db`
  left join users a
    on a.id = i.added_by and a.deletes_at is null and a.deleted_at is null
      and ${isUnblocked(db, id, db`a.id`)}
`

interface ItemPlace {
  /** Only items behind this rank, which so many are not. */
  readonly after: string | undefined
  readonly skipped: number
  readonly limit: number
}

/** In their order, those whose track the viewer may see. */
export async function listItems(
  db: Db,
  viewer: Viewer,
  playlistId: string,
  { after, skipped, limit }: ItemPlace,
): Promise<ItemRow[]> {
  return db<ItemRow[]>`
    select ${columns(db)}, (${skipped} + i.place)::int as position
    from (
      -- Numbered as far as the page needs it, and no further.
      select id, track_id, rank, added_by, added_at, row_number() over (order by rank) as place
      from playlist_items
      where playlist_id = ${playlistId} ${after === undefined ? db`` : db`and rank > ${after}`}
    ) i
    join ${trackTables(db, viewer)} on t.id = i.track_id
    ${joinAdder(db, viewer)}
    where ${isVisible(db, viewer)}
    order by i.rank
    limit ${limit}
  `
}

/** How many items are not behind the rank. */
export async function countUpTo(db: Db, playlistId: string, rank: string): Promise<number> {
  const [{ count }] = await db<[{ count: number }]>`
    select count(*)::int as count from playlist_items where playlist_id = ${playlistId} and rank <= ${rank}
  `
  return count
}

export async function findItem(
  db: Db,
  viewer: Viewer,
  playlistId: string,
  itemId: string,
): Promise<ItemRow | undefined> {
  const [row] = await db<[ItemRow?]>`
    select ${columns(db)}, (
      select count(*)::int from playlist_items before
      where before.playlist_id = i.playlist_id and before.rank <= i.rank
    ) as position
    from playlist_items i
    ${joinAdder(db, viewer)}
    where i.id = ${itemId} and i.playlist_id = ${playlistId}
  `
  return row
}

/** The first item that holds the track. */
export async function findItemOf(db: Db, playlistId: string, trackId: string): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    select id from playlist_items
    where track_id = ${trackId} and playlist_id = ${playlistId}
    order by rank
    limit 1
  `
  return row?.id
}

export interface AddableTrack {
  readonly track_id: string
  /** 0 until a version plays. */
  readonly duration_ms: number
}

/** Those of the tracks that the user may see, and so may add. */
export async function listAddableTracks(
  db: Db,
  viewer: Viewer,
  trackIds: readonly string[],
): Promise<AddableTrack[]> {
  return db<AddableTrack[]>`
    select t.id as track_id, coalesce(v.duration_ms, 0) as duration_ms
    from ${trackTables(db, viewer)}
    where t.id = any(${trackIds}::uuid[]) and ${isVisible(db, viewer)}
  `
}

/** Every item in order. */
export async function listPresentItems(db: Db, viewer: Viewer, playlistId: string): Promise<PresentItem[]> {
  return db<PresentItem[]>`
    select i.id, i.track_id, ${isVisible(db, viewer)} as is_shown
    from playlist_items i
    join ${trackTables(db, viewer)} on t.id = i.track_id
    where i.playlist_id = ${playlistId}
    order by i.rank
  `
}

interface NewItem extends AddableTrack {
  readonly rank: string
}

interface Addition {
  readonly playlist_id: string
  readonly added_by: string
  readonly added_at: Date
}

/** The ids in the order of the items. */
export async function insertItems(
  db: Db,
  { playlist_id, added_by, added_at }: Addition,
  items: readonly NewItem[],
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    insert into playlist_items (playlist_id, track_id, rank, duration_ms, added_by, added_at)
    select ${playlist_id}, track_id, rank, duration_ms, ${added_by}, ${added_at}
    from unnest(
      ${items.map(({ track_id }) => track_id)}::uuid[],
      ${items.map(({ rank }) => rank)}::text[],
      ${items.map(({ duration_ms }) => duration_ms)}::int[]
    ) as item (track_id, rank, duration_ms)
    returning id
  `
  return rows.map(({ id }) => id)
}

/** How long they were together; undefined where there was none of them. */
export async function deleteItems(
  db: Db,
  playlistId: string,
  ids: readonly string[],
): Promise<number | undefined> {
  const [row] = await db<[{ duration_ms: number | null }]>`
    with deleted as (
      delete from playlist_items
      where id = any(${ids}::uuid[]) and playlist_id = ${playlistId}
      returning duration_ms
    )
    select sum(duration_ms)::int8 as duration_ms from deleted
  `
  return row.duration_ms ?? undefined
}
