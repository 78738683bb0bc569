import type { Db } from '../db/client.ts'
import { dayMs, earlier } from '../time.ts'

/** Most payments can be disputed for 120 days, some for 540. */
export const disputableMs = 540 * dayMs

/** Forgets where orders came from that nobody can dispute any more; answers of how many. */
export async function clearOldOrigins(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    update orders set buyer_ip = null, buyer_user_agent = ''
    where id in (
      select id from orders
      where created_at < ${earlier(now, disputableMs)} and status <> 'disputed'
        and (buyer_ip is not null or buyer_user_agent <> '')
      limit 1000
      for no key update skip locked
    )
  `
  return count
}
