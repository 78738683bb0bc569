import type { Db } from '../db/client.ts'

/** Locked, but for those that somebody edits. */
export async function listDueForRecount(tx: Db, countedBefore: Date, limit: number): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from playlists
    where counted_at < ${countedBefore}
    order by counted_at
    limit ${limit}
    for no key update skip locked
  `
  return rows.map(({ id }) => id)
}

export async function refreshDurations(tx: Db, playlistIds: readonly string[]): Promise<void> {
  await tx`
    update playlist_items i
    set duration_ms = coalesce(v.duration_ms, 0)
    from tracks t
    left join track_versions v on v.id = t.current_version_id
    where i.playlist_id = any(${playlistIds}::uuid[]) and t.id = i.track_id
      and i.duration_ms <> coalesce(v.duration_ms, 0)
  `
}

/** Only a playlist that was wrong gets another revision. */
export async function setTotals(tx: Db, playlistIds: readonly string[], now: Date): Promise<void> {
  await tx`
    update playlists p
    set item_count = counted.item_count, duration_ms = counted.duration_ms, counted_at = ${now},
      revision = revision + ((p.item_count, p.duration_ms) <> (counted.item_count, counted.duration_ms))::int
    from (
      select wanted.id, count(i.id)::int as item_count, coalesce(sum(i.duration_ms), 0)::int8 as duration_ms
      from unnest(${playlistIds}::uuid[]) as wanted (id)
      left join playlist_items i on i.playlist_id = wanted.id
      group by wanted.id
    ) counted
    where p.id = counted.id
  `
}
