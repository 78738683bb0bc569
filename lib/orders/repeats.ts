import type { Db } from '../db/client.ts'
import { earlier, hourMs } from '../time.ts'

const recentMs = 2 * hourMs

interface Repeat {
  readonly code: 'duplicate_purchase' | 'already_owned'
  readonly order_id: string
}

/** An order of the buyer's that makes this one look like a mistake. Whoever asks holds the lock of the buyer. */
export async function findRepeat(
  tx: Db,
  buyerId: string,
  tierIds: readonly string[],
  now: Date,
): Promise<Repeat | undefined> {
  const [repeat] = await tx<[Repeat?]>`
    (
      select 'duplicate_purchase' as code, o.id as order_id
      from orders o
      join order_items i on i.order_id = o.id
      where o.buyer_id = ${buyerId} and o.created_at > ${earlier(now, recentMs)}
        and o.status in ('requires_payment', 'paid', 'completed') and i.tier_id = any(${tierIds}::uuid[])
      order by o.created_at desc
      limit 1
    )
    union all
    (
      select 'already_owned', i.order_id
      from licenses l
      join order_items i on i.id = l.order_item_id
      where l.buyer_id = ${buyerId} and l.tier_id = any(${tierIds}::uuid[]) and l.status = 'active'
      order by l.id desc
      limit 1
    )
    limit 1
  `
  return repeat
}
