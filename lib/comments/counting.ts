import type { Db, Fragment } from '../db/client.ts'
import { isHeard } from './columns.ts'

/** Counts what `changed`, the part of a statement that says of each comment whether it is counted and was. */
const addChanges = (db: Db): Fragment => db`
  insert into count_deltas (subject_id, counter, delta)
  select subject_id, counter, sum(delta)
  from (
    select track_id as subject_id, 'comment_count' as counter, is_counted::int - was_counted::int as delta
    from changed
    union all
    select thread_id, 'reply_count', is_counted::int - was_counted::int
    from changed
    where thread_id is not null
  ) each_change
  group by subject_id, counter
  having sum(delta) <> 0
`

interface CommentChange {
  /** Which comments, as a condition on `c`. */
  readonly which: Fragment
  /** What becomes of them, beside their being counted. */
  readonly set?: Fragment
  /** Whether they are out, as they will be then; the author's standing with the artist is asked beside it. */
  readonly isOut: Fragment
}

/**
 * Changes comments and, by as much as that takes or gives, the counts of their tracks and threads. Rows are
 * locked from the latest to the earliest, as whoever removes an answer and then what it answered does.
 */
export async function changeComments(tx: Db, { which, set = tx``, isOut }: CommentChange): Promise<void> {
  const isCounted = tx`(${isOut} and ${isHeard(tx, tx`c.author_id`, tx`c.artist_id`)})`
  await tx`
    with due as (
      select c.id from comments c where ${which} order by c.id desc for no key update of c
    ), changed as (
      update comments c
      set ${set} is_counted = ${isCounted}
      from due
      where c.id = due.id
      returning c.track_id, c.thread_id, old.is_counted as was_counted, new.is_counted
    )
    ${addChanges(tx)}
  `
}

/** Whatever stood between an artist and somebody who comments has changed. Both ways it counts to the row. */
export const recountBetween = (tx: Db, artistId: string, authorId: string): Promise<void> =>
  changeComments(tx, {
    which: tx`c.artist_id = ${artistId} and c.author_id = ${authorId}`,
    isOut: tx`(c.deleted_at is null and c.hidden_at is null)`,
  })

/** Removes a comment that nothing hangs below; answers with what it answered. */
export async function deleteComment(tx: Db, commentId: string): Promise<string | null> {
  const [row] = await tx<[{ parent_id: string | null }?]>`
    with changed as (
      delete from comments
      where id = ${commentId}
      returning track_id, thread_id, parent_id, is_counted as was_counted, false as is_counted
    ), counted as (${addChanges(tx)})
    select parent_id from changed
  `
  return row?.parent_id ?? null
}
