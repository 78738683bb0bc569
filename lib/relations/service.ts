import type { Actor } from '../auth/actor.ts'
import { recountBetween } from '../comments/counting.ts'
import { addToCount } from '../counts/counts.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import {
  deleteBlock,
  deleteBlocksOf,
  deleteFollows,
  deleteMute,
  deleteMutesOf,
  holdAccounts,
  insertBlock,
  insertFollow,
  insertMute,
  lockPeople,
} from './repository.ts'
import { sever } from './severing.ts'
import { lockPair, mustBeUnblocked } from './standing.ts'

export interface RelationDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type RelationService = ReturnType<typeof createRelationService>

/** What one user is to another. To do what is done, or undo what is not, changes nothing. */
export function createRelationService({ sql, relay, now = () => new Date() }: RelationDependencies) {
  return {
    async follow({ id }: Actor, otherId: string): Promise<void> {
      mustBeAnother(id, otherId)
      const isNew = await sql.begin(async (tx) => {
        await mustBeUnblocked(tx, id, otherId)
        await mustBeThere(tx, id, otherId)
        return addFollow(tx, id, otherId)
      })
      if (isNew) await relay.flushSoon()
    },

    async unfollow({ id }: Actor, otherId: string): Promise<void> {
      await deleteFollows(sql, sql`follower_id = ${id} and followed_id = ${otherId}`)
    },

    /** Whatever the two have given each other goes with it, and does not come back when it is lifted. */
    async block({ id }: Actor, otherId: string): Promise<void> {
      mustBeAnother(id, otherId)
      await sql.begin(async (tx) => {
        await lockPair(tx, id, otherId, { alone: true })
        await mustBeThere(tx, id, otherId)
        if (!(await insertBlock(tx, id, otherId))) return
        await sever(tx, id, otherId, now())
        await recountBetween(tx, id, otherId)
      })
    },

    unblock: ({ id }: Actor, otherId: string): Promise<void> =>
      sql.begin(async (tx) => {
        await lockPair(tx, id, otherId, { alone: true })
        await holdAccounts(tx, [id, otherId])
        if (await deleteBlock(tx, id, otherId)) await recountBetween(tx, id, otherId)
      }),

    /** What the other said on the user's tracks is part of their counts no more. */
    async mute({ id }: Actor, otherId: string): Promise<void> {
      mustBeAnother(id, otherId)
      await sql.begin(async (tx) => {
        await lockPair(tx, id, otherId, { alone: true })
        await mustBeThere(tx, id, otherId)
        if (await insertMute(tx, id, otherId)) await recountBetween(tx, id, otherId)
      })
    },

    unmute: ({ id }: Actor, otherId: string): Promise<void> =>
      sql.begin(async (tx) => {
        await lockPair(tx, id, otherId, { alone: true })
        await holdAccounts(tx, [id, otherId])
        if (await deleteMute(tx, id, otherId)) await recountBetween(tx, id, otherId)
      }),
  }
}

/** On either side, within the transaction that ends the account. */
export async function endRelations(tx: Db, userId: string): Promise<void> {
  await deleteFollows(tx, tx`follower_id = ${userId} or followed_id = ${userId}`)
  await deleteBlocksOf(tx, userId)
  await deleteMutesOf(tx, userId)
}

async function addFollow(tx: Db, followerId: string, followedId: string): Promise<boolean> {
  if (!(await insertFollow(tx, followerId, followedId))) return false
  await addToCount(tx, 'follower_count', followedId, 1)
  await addToCount(tx, 'following_count', followerId, 1)
  await addToOutbox(tx, 'notification.add', {
    kind: 'follow',
    recipient_id: followedId,
    actor_id: followerId,
  })
  return true
}

function mustBeAnother(userId: string, otherId: string) {
  if (userId === otherId) throw new AppError('own_account')
}

async function mustBeThere(tx: Db, userId: string, otherId: string) {
  if (!(await lockPeople(tx, userId, otherId))) throw new AppError('not_found')
}
