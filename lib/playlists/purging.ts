import type { Db } from '../db/client.ts'
import { addAllToOutbox } from '../outbox.ts'

/** Takes a track out of every playlist, within the transaction that ends it for good. */
export async function removeFromPlaylists(tx: Db, trackId: string, now: Date): Promise<void> {
  await lockPlaylistsWith(tx, trackId)
  const playlists = await tx<{ playlist_id: string }[]>`
    with gone as (
      delete from playlist_items where track_id = ${trackId} returning playlist_id, duration_ms
    )
    update playlists p
    -- Whatever was counted wrong is put right with the next recount, and holds up no purge.
    set item_count = greatest(p.item_count - gone_from.items, 0),
      duration_ms = greatest(p.duration_ms - gone_from.duration_ms, 0),
      revision = p.revision + 1, updated_at = ${now}
    from (
      select playlist_id, count(*)::int as items, sum(duration_ms)::int8 as duration_ms from gone group by 1
    ) gone_from
    where p.id = gone_from.playlist_id
    returning p.id as playlist_id
  `
  await addAllToOutbox(tx, 'playlist.updated', playlists)
}

/** In one order, so that two who do so cannot wait for each other in a ring. */
const lockPlaylistsWith = (tx: Db, trackId: string) => tx`
  select from playlists
  where id in (select playlist_id from playlist_items where track_id = ${trackId})
  order by id
  for no key update
`
