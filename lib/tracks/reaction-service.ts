import type { Actor } from '../auth/actor.ts'
import { addToCount, type Counter } from '../counts/counts.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import type { Happening } from '../notifications/kinds.ts'
import { addEachToOutbox, type OutboxEvent } from '../outbox.ts'
import { mustBeUnblocked } from '../relations/standing.ts'
import {
  deleteReaction,
  deleteReactionsOf,
  findVisibleOwner,
  insertReaction,
  listLikers,
  type Reaction,
  type ReactionTable,
} from './reactions-repository.ts'

export interface ReactionDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type ReactionService = ReturnType<typeof createReactionService>

interface ReactionKind {
  readonly table: ReactionTable
  readonly counter: Counter
  /** What the owner is told of. */
  readonly kind: Happening['kind']
}

const reactions = {
  like: { table: 'track_likes', counter: 'like_count', kind: 'track_like' },
  repost: { table: 'reposts', counter: 'repost_count', kind: 'track_repost' },
} as const satisfies Record<string, ReactionKind>

type ReactionName = keyof typeof reactions

/** What listeners make of a track. Nothing here locks the track's row, so that a popular one is no bottleneck. */
export function createReactionService({ sql, now = () => new Date() }: ReactionDependencies) {
  const ownerOf = async (db: Db, actor: Actor, trackId: string) => {
    const ownerId = await findVisibleOwner(db, trackId, actor)
    if (!ownerId) throw new AppError('not_found')
    return ownerId
  }

  return {
    /** The owner is told with the next sweep: nobody waits for it, and there may be very many at once. */
    add: (actor: Actor, name: ReactionName, trackId: string): Promise<void> =>
      sql.begin(async (tx) => {
        const { table, counter } = reactions[name]
        const ownerId = await ownerOf(tx, actor, trackId)
        await mustBeUnblocked(tx, actor.id, ownerId)
        const reaction = { track_id: trackId, user_id: actor.id }
        if (!(await insertReaction(tx, table, reaction, now()))) return
        await addToCount(tx, counter, trackId, 1)
        await addEachToOutbox(tx, tellingsOf(name, reaction, ownerId))
      }),

    /** Also of a track that they see no more: it is theirs to take back. */
    remove: (actor: Actor, name: ReactionName, trackId: string): Promise<void> =>
      sql.begin(async (tx) => {
        const { table, counter } = reactions[name]
        const isRemoved = await deleteReaction(tx, table, { track_id: trackId, user_id: actor.id })
        if (isRemoved) await addToCount(tx, counter, trackId, -1)
        else await ownerOf(tx, actor, trackId)
      }),

    listLikers: (actor: Actor, trackId: string, query: PageQuery) =>
      pageById(
        `likes:${trackId}`,
        query,
        async (before, limit) => {
          await ownerOf(sql, actor, trackId)
          return listLikers(sql, trackId, actor, { before, limit })
        },
        'like_id',
      ),
  }
}

/** Whoever likes what is their own is no news to themselves. */
function tellingsOf(
  name: ReactionName,
  { track_id, user_id }: Reaction,
  recipient_id: string,
): OutboxEvent[] {
  const { kind } = reactions[name]
  const payload = { kind, recipient_id, actor_id: user_id, track_id }
  const notice: OutboxEvent[] = recipient_id === user_id ? [] : [{ type: 'notification.add', payload }]
  return name === 'like' ? [...notice, { type: 'like.created', payload: { track_id, user_id } }] : notice
}

/** Within the transaction that ends the user's account. */
export async function removeReactionsOf(tx: Db, userId: string): Promise<void> {
  for (const { table, counter } of Object.values(reactions)) {
    await deleteReactionsOf(tx, table, counter, userId)
  }
}
