import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'

/**
 * Refuses, as if the other were not there, where one of the two has blocked the other. Within a transaction
 * that a block made at the same time will have to wait for, or will find the row of.
 */
export async function mustBeUnblocked(tx: Db, userId: string, otherId: string): Promise<void> {
  if (userId === otherId) return
  await lockPair(tx, userId, otherId)
  const rows = await tx`
    select from blocks
    where (blocker_id = ${userId} and blocked_id = ${otherId})
      or (blocker_id = ${otherId} and blocked_id = ${userId})
  `
  if (rows.length > 0) throw new AppError('not_found')
}

/**
 * Keeps both accounts from ending until the transaction does: what one does to the other is then there before the end
 * of either, which sees to it, or not at all.
 */
export async function mustStay(tx: Db, userId: string, otherId: string): Promise<void> {
  const gone = await tx<{ id: string }[]>`
    with held as (
      select id, deleted_at from users where id in (${userId}, ${otherId}) order by id for key share
    )
    select id from held where deleted_at is not null
  `
  if (gone.some(({ id }) => id === userId)) throw new AppError('token_revoked')
  if (gone.length > 0) throw new AppError('not_found')
}

/** Blocking takes it alone; whatever one does to the other takes it with others, and neither overtakes a block. */
export const lockPair = (tx: Db, userId: string, otherId: string, { alone = false } = {}) => {
  const key = [userId, otherId].toSorted().join()
  return alone
    ? tx`select pg_advisory_xact_lock(hashtextextended(${key}, 7))`
    : tx`select pg_advisory_xact_lock_shared(hashtextextended(${key}, 7))`
}
