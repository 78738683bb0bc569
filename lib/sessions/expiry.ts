import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'
import { graceMs } from './refresh-tokens.ts'

/** For so long a client that comes back late still hears that its session has expired, and not that it never was. */
const rememberedMs = 7 * dayMs

/**
 * Sessions that could not go on even if nobody had ended them, with the hashes of their refresh tokens: as long
 * as one of a family might still work, a reuse of the others must be noticed.
 */
export const deleteExpiredSessions = (db: Db, now: Date): Promise<number> =>
  sweep(db, {
    table: 'sessions',
    key: 'id',
    isOver: db`expires_at < ${earlier(now, rememberedMs)}`,
    limit: 100,
  })

/** The tokens that were kept for the grace window alone: once it is over, nobody is answered with them. */
export async function clearSpentSuccessors(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    update sessions set sealed_successor = null
    where id in (
      select id from sessions
      where sealed_successor is not null and rotated_at < ${earlier(now, graceMs)}
      limit 1000
      for update skip locked
    )
  `
  return count
}
