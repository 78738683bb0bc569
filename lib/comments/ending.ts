import { uncount } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import { changeComments } from './counting.ts'

/**
 * Within the transaction that ends an account, while it is still known whom the user was muted and blocked by. What
 * they said stays, under a name that is nobody's, but for what nobody else heard; what they liked goes, and what
 * their comments said before.
 */
export async function endComments(tx: Db, userId: string, now: Date): Promise<void> {
  await changeComments(tx, {
    which: tx`c.author_id = ${userId} and not c.is_counted and c.deleted_at is null and c.hidden_at is null`,
    set: tx`hidden_at = ${now}, revision = revision + 1,`,
    isOut: tx`false`,
  })
  await deleteLikesOf(tx, userId)
  await deleteEditsOf(tx, userId)
}

/** What one likes of the other's comments, within the transaction in which a block comes between them. */
export const severCommentLikes = (tx: Db, giverId: string, ownerId: string) =>
  uncount(
    tx,
    'like_count',
    tx`
      delete from comment_likes where user_id = ${giverId} and author_id = ${ownerId}
      returning comment_id as subject_id
    `,
  )

const deleteLikesOf = (db: Db, userId: string) =>
  uncount(
    db,
    'like_count',
    db`delete from comment_likes where user_id = ${userId} returning comment_id as subject_id`,
  )

async function deleteEditsOf(db: Db, userId: string): Promise<void> {
  await db`delete from comment_edits where author_id = ${userId}`
}
