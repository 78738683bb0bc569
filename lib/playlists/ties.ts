import { uncount } from '../counts/counts.ts'
import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'

/**
 * Ends what users have to do with playlists: their part in them, their likes and follows, and what these count for.
 * `whose` is a condition on the `tie` and its playlist `p`.
 */
async function endTies(tx: Db, whose: Fragment): Promise<void> {
  const end = (table: 'playlist_collaborators' | 'playlist_likes' | 'playlist_follows') => tx`
    delete from ${tx(table)} tie using playlists p
    where p.id = tie.playlist_id and ${whose}
    returning tie.playlist_id as subject_id
  `
  await end('playlist_collaborators')
  await uncount(tx, 'like_count', end('playlist_likes'))
  await uncount(tx, 'follower_count', end('playlist_follows'))
}

/** What a user has to do with the playlists of another. */
export const endPlaylistTiesWith = (tx: Db, userId: string, ownerId: string): Promise<void> =>
  endTies(tx, tx`tie.user_id = ${userId} and p.owner_id = ${ownerId}`)

/** What those have to do with a playlist from whom a block parts its owner. */
export const endBarredTies = (tx: Db, playlistId: string, ownerId: string): Promise<void> =>
  endTies(tx, tx`p.id = ${playlistId} and not ${isUnblocked(tx, ownerId, tx`tie.user_id`)}`)

/** Whatever a user who is leaving has to do with playlists, their own and those of others. */
export async function endPlaylistsOf(tx: Db, userId: string): Promise<void> {
  await endTies(tx, tx`tie.user_id = ${userId}`)
  await tx`delete from playlists where owner_id = ${userId}`
}
