import type { Db, Fragment } from '../db/client.ts'

export interface OrderParties {
  readonly buyer_id: string
  /** Whether those who sold were ever told of a sale. */
  readonly was_completed: boolean
  /** All who sold something of it, or earn of it. */
  readonly earners: readonly string[]
}

const sellersAndSharers = (db: Db, items: Fragment) => db`
  select seller_id as user_id from order_items where id in (${items})
  union
  select user_id from order_item_shares where order_item_id in (${items})
`

export async function findOrderParties(db: Db, orderId: string): Promise<OrderParties | undefined> {
  const items = db`select id from order_items where order_id = ${orderId}`
  const [row] = await db<[OrderParties?]>`
    select
      buyer_id, completed_at is not null as was_completed,
      array(select user_id from (${sellersAndSharers(db, items)}) e order by user_id) as earners
    from orders
    where id = ${orderId}
  `
  return row
}

export interface RefundParties extends OrderParties {
  readonly order_id: string
  readonly reason: string
}

/** Those who earn of what is refunded. */
export async function findRefundParties(db: Db, refundId: string): Promise<RefundParties | undefined> {
  const items = db`select order_item_id from refund_items where refund_id = ${refundId}`
  const [row] = await db<[RefundParties?]>`
    select
      o.id as order_id, r.reason, o.buyer_id, o.completed_at is not null as was_completed,
      array(select user_id from (${sellersAndSharers(db, items)}) e order by user_id) as earners
    from refunds r
    join orders o on o.id = r.order_id
    where r.id = ${refundId}
  `
  return row
}

export interface ExclusiveSale {
  readonly order_item_id: string
  readonly track_id: string
  readonly earners: readonly string[]
  /** Who else has a licence of the track. */
  readonly holders: readonly string[]
}

export const listExclusiveSales = (db: Db, orderId: string) => db<ExclusiveSale[]>`
  select
    i.id as order_item_id, i.track_id,
    array(select user_id from (${sellersAndSharers(db, db`select i.id`)}) e order by user_id) as earners,
    array(
      select distinct l.buyer_id
      from licenses l
      where l.track_id = i.track_id and l.status <> 'revoked' and l.buyer_id <> o.buyer_id
      order by l.buyer_id
    ) as holders
  from order_items i
  join orders o on o.id = i.order_id
  where i.order_id = ${orderId} and i.is_exclusive and i.track_id is not null
  order by i.position
`

export interface OfferParties {
  readonly buyer_id: string
  readonly seller_id: string
  /** The seller named another price, so that the buyer had the last word. */
  readonly is_countered: boolean
}

export async function findOfferParties(db: Db, offerId: string): Promise<OfferParties | undefined> {
  const [row] = await db<[OfferParties?]>`
    select buyer_id, seller_id, counter_amount is not null as is_countered from offers where id = ${offerId}
  `
  return row
}

export async function findPayee(db: Db, payoutId: string): Promise<string | undefined> {
  const [row] = await db<[{ user_id: string }?]>`select user_id from payouts where id = ${payoutId}`
  return row?.user_id
}
