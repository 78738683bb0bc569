import { changeComments } from '../comments/counting.ts'
import type { Db } from '../db/client.ts'
import { revokeTrack } from '../revocations/revoking.ts'

/** From everybody but its author. */
export const hideComment = (tx: Db, commentId: string, now: Date): Promise<void> =>
  changeComments(tx, {
    which: tx`c.id = ${commentId} and c.deleted_at is null and c.hidden_at is null`,
    set: tx`hidden_at = ${now}, revision = revision + 1,`,
    isOut: tx`false`,
  })

export async function showComment(tx: Db, commentId: string): Promise<void> {
  // The end of either account takes away the mutes by which it is counted or not.
  await tx`
    select from comments c join users u on u.id in (c.author_id, c.artist_id)
    where c.id = ${commentId}
    order by u.id
    for key share of u
  `
  await changeComments(tx, {
    which: tx`c.id = ${commentId} and c.deleted_at is null and c.hidden_at is not null`,
    set: tx`hidden_at = null, revision = revision + 1,`,
    isOut: tx`true`,
  })
}

/** From everybody but its owner and those who work on it. */
export async function hideTrack(tx: Db, trackId: string, now: Date): Promise<void> {
  const { count } = await tx`
    update tracks
    set hidden_at = ${now}, updated_at = ${now}, revision = revision + 1
    where id = ${trackId} and hidden_at is null
  `
  if (count === 1) await revokeTrack(tx, trackId, 'hidden', now)
}

export async function showTrack(tx: Db, trackId: string, now: Date): Promise<void> {
  await tx`
    update tracks
    set hidden_at = null, updated_at = ${now}, revision = revision + 1
    where id = ${trackId} and hidden_at is not null
  `
}
