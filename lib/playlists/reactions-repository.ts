import { addToCount } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import type { Viewer } from '../tracks/visibility.ts'
import { isPlaylistVisible, playlistTables } from './visibility.ts'

/** What a user may think of a playlist, and where that stands and is counted. */
export const reactions = {
  like: { table: 'playlist_likes', counter: 'like_count' },
  follow: { table: 'playlist_follows', counter: 'follower_count' },
} as const

export type Reaction = keyof typeof reactions

/** Whose it is, where the viewer may see it; it cannot be deleted before the end of the transaction. */
export async function holdPlaylist(tx: Db, playlistId: string, viewer: Viewer): Promise<string | undefined> {
  const [row] = await tx<[{ owner_id: string }?]>`
    select p.owner_id
    from ${playlistTables(tx, viewer)}
    where p.id = ${playlistId} and ${isPlaylistVisible(tx, viewer)}
    for key share of p
  `
  return row?.owner_id
}

/** False where it stands already. */
export async function insertReaction(
  tx: Db,
  reaction: Reaction,
  playlistId: string,
  userId: string,
  now: Date,
): Promise<boolean> {
  const { table, counter } = reactions[reaction]
  const { count } = await tx`
    insert into ${tx(table)} (playlist_id, user_id, created_at) values (${playlistId}, ${userId}, ${now})
    on conflict do nothing
  `
  if (count === 1) await addToCount(tx, counter, playlistId, 1)
  return count === 1
}

/** False where there was none. */
export async function deleteReaction(
  tx: Db,
  reaction: Reaction,
  playlistId: string,
  userId: string,
): Promise<boolean> {
  const { table, counter } = reactions[reaction]
  const { count } =
    await tx`delete from ${tx(table)} where playlist_id = ${playlistId} and user_id = ${userId}`
  if (count === 1) await addToCount(tx, counter, playlistId, -1)
  return count === 1
}
