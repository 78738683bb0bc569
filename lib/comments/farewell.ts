import type { Db } from '../db/client.ts'
import { changeComments } from './counting.ts'
import { deleteEditsOf, deleteLikesOf } from './marks-repository.ts'

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
