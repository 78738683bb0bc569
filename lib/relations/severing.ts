import { endCollaborationsWith, lockCollaborationsBetween } from '../collaboration/ending.ts'
import { severCommentLikes } from '../comments/ending.ts'
import { type Counter, uncount } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import { endOffersBetween } from '../offers/leaving.ts'
import { endPlaylistTiesWith } from '../playlists/ties.ts'
import { deleteFollows } from './repository.ts'

/** Takes away what one user gave to the other's things, and keeps the counts of these exact. */
export type Severing = (tx: Db, giverId: string, ownerId: string, now: Date) => Promise<unknown>

const severFollow: Severing = (tx, giverId, ownerId) =>
  deleteFollows(tx, tx`follower_id = ${giverId} and followed_id = ${ownerId}`)

const severOnTracks =
  (table: 'track_likes' | 'reposts', counter: Counter): Severing =>
  (tx, giverId, ownerId) =>
    uncount(
      tx,
      counter,
      tx`
        delete from ${tx(table)} given using tracks t
        where given.user_id = ${giverId} and t.id = given.track_id and t.owner_id = ${ownerId}
        returning given.track_id as subject_id
      `,
    )

/** What a block cuts. Whatever else one user can give to another's things has its line here. */
const severings: readonly Severing[] = [
  severFollow,
  severOnTracks('track_likes', 'like_count'),
  severOnTracks('reposts', 'repost_count'),
  severCommentLikes,
  endCollaborationsWith,
  endPlaylistTiesWith,
  endOffersBetween,
]

/** In both directions, within the transaction that blocks, which holds the pair alone. */
export async function sever(tx: Db, userId: string, otherId: string, now: Date): Promise<void> {
  await lockCollaborationsBetween(tx, userId, otherId)
  for (const one of severings) {
    await one(tx, userId, otherId, now)
    await one(tx, otherId, userId, now)
  }
}
