import type { Actor } from '../auth/actor.ts'
import { addToCount } from '../counts/counts.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addToOutbox } from '../outbox.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import {
  deleteLike,
  findLiked,
  insertLike,
  lockPinnable,
  lockPins,
  markPinned,
  markUnpinned,
  unpinOthers,
} from './marks-repository.ts'

export interface MarkDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type CommentMarks = ReturnType<typeof createCommentMarks>

/** Likes of anybody, and the pin of the artist. */
export function createCommentMarks({ sql, now = () => new Date() }: MarkDependencies) {
  const lockPinnableOf = async (tx: Db, actor: Actor, commentId: string) => {
    const comment = await lockPinnable(tx, commentId, actor)
    if (!comment) throw new AppError('not_found')
    return comment
  }

  return {
    /** The author is told with the next sweep: nobody waits for it. */
    like: (actor: Actor, comment_id: string, requestId: string): Promise<void> =>
      sql.begin(async (tx) => {
        const found = await findLiked(tx, comment_id, actor)
        if (!found) throw new AppError('not_found')
        const { author_id, artist_id, track_id } = found
        // Before any row is locked, as whoever blocks does.
        await mustBeUnblocked(tx, actor.id, artist_id)
        await mustBeUnblocked(tx, actor.id, author_id)
        if (!(await findLiked(tx, comment_id, actor, { isLocked: true }))) throw new AppError('not_found')
        if (!(await insertLike(tx, comment_id, actor.id, author_id, now()))) return
        await addToCount(tx, 'like_count', comment_id, 1)
        if (author_id === actor.id) return
        const happening = { recipient_id: author_id, actor_id: actor.id, track_id, comment_id }
        await addToOutbox(tx, 'notification.add', { kind: 'comment_like', ...happening }, requestId)
      }),

    /** Of what went out of sight, too. */
    unlike: (actor: Actor, commentId: string): Promise<void> =>
      sql.begin(async (tx) => {
        if (await deleteLike(tx, commentId, actor.id)) await addToCount(tx, 'like_count', commentId, -1)
        else if (!(await findLiked(tx, commentId, actor))) throw new AppError('not_found')
      }),

    /** In place of the one that was pinned before. */
    pin: (actor: Actor, commentId: string): Promise<void> =>
      sql.begin(async (tx) => {
        const { track_id, thread_id } = await lockPinnableOf(tx, actor, commentId)
        if (thread_id !== null) throw new AppError('conflict', 'Only what begins a thread can be pinned')
        await lockPins(tx, track_id, commentId)
        await unpinOthers(tx, track_id, commentId)
        if (!(await markPinned(tx, commentId, now()))) throw new AppError('not_found')
      }),

    unpin: (actor: Actor, commentId: string): Promise<void> =>
      sql.begin(async (tx) => {
        await lockPinnableOf(tx, actor, commentId)
        await markUnpinned(tx, commentId)
      }),
  }
}
