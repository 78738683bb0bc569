import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/client.ts'
import type { RefundView } from './schemas.ts'

interface Viewing {
  /** Whose items are shown; all where it is nobody. */
  readonly seller_id: string | undefined
}

const viewColumns = (db: Db, { seller_id }: Viewing) => db`
  r.id, r.order_id, r.currency, r.reason, r.note, r.status, r.failed_reason, r.created_at, r.settled_at,
  sum(part.amount)::bigint as amount,
  jsonb_agg(
    jsonb_build_object('order_item_id', part.order_item_id, 'amount', part.amount) order by part.order_item_id
  ) as items
  from refunds r
  join refund_items part on part.refund_id = r.id
  join order_items i on i.id = part.order_item_id ${seller_id ? db`and i.seller_id = ${seller_id}` : db``}
`

export async function findRefundView(db: Db, id: string, viewing: Viewing): Promise<RefundView | undefined> {
  const [row] = await db<[RefundView?]>`
    select ${viewColumns(db, viewing)} where r.id = ${id} group by r.id
  `
  return row
}

export const listRefundViews = (
  db: Db,
  orderId: string,
  viewing: Viewing,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
) => db<RefundView[]>`
  select ${viewColumns(db, viewing)}
  where r.order_id = ${orderId} ${before ? db`and r.id < ${before}` : db``}
  group by r.id
  order by r.id desc
  limit ${limit}
`

/** What somebody has to do with an order; nothing where it is not for them to know of it. */
export async function findPart(
  db: Db,
  orderId: string,
  { id }: Pick<Actor, 'id'>,
): Promise<'buyer' | 'seller' | 'stranger' | undefined> {
  const [row] = await db<[{ part: 'buyer' | 'seller' | 'stranger' }?]>`
    select case
      when o.buyer_id = ${id} then 'buyer'
      when exists (select from order_items i where i.order_id = o.id and i.seller_id = ${id}) then 'seller'
      else 'stranger'
    end as part
    from orders o
    where o.id = ${orderId}
  `
  return row?.part
}
