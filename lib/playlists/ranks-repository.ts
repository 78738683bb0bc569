import type { Db } from '../db/client.ts'

/** The ranks between which an item is put; null is the front, or the end. */
export interface Gap {
  readonly low: string | null
  readonly high: string | null
}

export async function findLastRank(db: Db, playlistId: string): Promise<string | null> {
  const [row] = await db<[{ rank: string }?]>`
    select rank from playlist_items where playlist_id = ${playlistId} order by rank desc limit 1
  `
  return row?.rank ?? null
}

/** `moving` is the item that leaves its own place for it. */
export async function findFirstRank(
  db: Db,
  playlistId: string,
  moving: string | null,
): Promise<string | null> {
  const [row] = await db<[{ rank: string }?]>`
    select rank from playlist_items
    where playlist_id = ${playlistId} and id is distinct from ${moving}
    order by rank
    limit 1
  `
  return row?.rank ?? null
}

/** Undefined where the item that is to be followed is not in the playlist. */
export async function findGapBehind(
  db: Db,
  playlistId: string,
  itemId: string,
  moving: string | null,
): Promise<Gap | undefined> {
  const [row] = await db<[Gap?]>`
    select i.rank as low, (
      select next.rank from playlist_items next
      where next.playlist_id = i.playlist_id and next.rank > i.rank and next.id is distinct from ${moving}
      order by next.rank
      limit 1
    ) as high
    from playlist_items i
    where i.id = ${itemId} and i.playlist_id = ${playlistId}
  `
  return row
}

export async function listItemIds(db: Db, playlistId: string): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from playlist_items where playlist_id = ${playlistId} order by rank
  `
  return rows.map(({ id }) => id)
}

export async function updateRanks(db: Db, ids: readonly string[], ranks: readonly string[]): Promise<void> {
  await db`
    update playlist_items item
    set rank = ranked.rank
    from unnest(${ids}::uuid[], ${ranks}::text[]) as ranked (id, rank)
    where item.id = ranked.id
  `
}
