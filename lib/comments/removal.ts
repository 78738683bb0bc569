import type { Db } from '../db/client.ts'
import { deleteEdits, hasAnswers, lockTombstone } from './changes-repository.ts'
import { changeComments, deleteComment } from './counting.ts'

/**
 * Removes a comment, which must be locked `for update`, so that nobody answers it meanwhile. What has answers
 * leaves a tombstone; with the last answer below it that goes too.
 */
export async function removeComment(tx: Db, commentId: string, now: Date): Promise<void> {
  if (await hasAnswers(tx, commentId)) return bury(tx, commentId, now)
  let parentId = await deleteComment(tx, commentId)
  while (parentId !== null && (await lockTombstone(tx, parentId))) {
    if (await hasAnswers(tx, parentId)) return
    parentId = await deleteComment(tx, parentId)
  }
}

async function bury(tx: Db, commentId: string, now: Date) {
  await changeComments(tx, {
    which: tx`c.id = ${commentId}`,
    set: tx`
      body = '', mentioned_ids = '{}', mentioned_names = '{}', pinned_at = null, deleted_at = ${now},
      revision = revision + 1,
    `,
    isOut: tx`false`,
  })
  await deleteEdits(tx, commentId)
}
