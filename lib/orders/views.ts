import type { Db, Fragment } from '../db/client.ts'
import type { ListOrders, Order } from './schemas.ts'

/** An order as its buyer sees it. */
const columns = (db: Db, now: Date): Fragment => db`
  o.id, o.number, o.status, o.buyer_id, o.currency, o.subtotal_amount, o.discount_amount, o.total_amount,
  o.refunded_amount, o.discount_code, o.expires_at, o.paid_at, o.completed_at, o.end_reason, o.revision,
  o.created_at, o.updated_at,
  case when o.payment_intent_id is not null then json_build_object(
    'payment_intent_id', o.payment_intent_id,
    'client_secret',
    case when o.status = 'requires_payment' and o.expires_at > ${now} then o.client_secret end
  ) end as payment,
  (
    select json_agg(json_build_object(
      'id', i.id, 'product_id', i.product_id, 'tier_id', i.tier_id, 'seller_id', i.seller_id,
      'track_id', i.track_id, 'kind', i.kind, 'title', i.title, 'tier_name', i.tier_name,
      'is_exclusive', i.is_exclusive, 'price_amount', i.price_amount, 'discount_amount', i.discount_amount,
      'refunded_amount', i.refunded_amount, 'license_id', l.id
    ) order by i.position)
    from order_items i
    left join licenses l on l.order_item_id = i.id
    where i.order_id = o.id
  ) as items
`

export async function findOrder(db: Db, id: string, now: Date): Promise<Order | undefined> {
  const [row] = await db<[Order?]>`select ${columns(db, now)} from orders o where o.id = ${id}`
  return row
}

interface OrderPlace {
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listOrdersOf(
  db: Db,
  buyerId: string,
  status: ListOrders['status'],
  { before, limit }: OrderPlace,
  now: Date,
): Promise<Order[]> {
  return db<Order[]>`
    select ${columns(db, now)}
    from orders o
    where o.buyer_id = ${buyerId}
      ${status === undefined ? db`` : db`and o.status = ${status}`}
      ${before === undefined ? db`` : db`and o.id < ${before}`}
    order by o.id desc
    limit ${limit}
  `
}

export const withoutSecret = (order: Order): Order => ({
  ...order,
  payment: order.payment && { ...order.payment, client_secret: null },
})

/** What a seller sees of an order that was paid: their part, as if it were all. */
export const partOf = (order: Order, sellerId: string): Order | undefined =>
  partWith(order, ({ seller_id }) => seller_id === sellerId)

export function partWith(
  order: Order,
  isTheirs: (item: Order['items'][number]) => boolean,
): Order | undefined {
  const items = order.items.filter(isTheirs)
  if (items.length === 0 || order.paid_at === null) return undefined
  const sum = (field: 'price_amount' | 'discount_amount' | 'refunded_amount') =>
    items.reduce((total, item) => total + item[field], 0)
  const subtotal_amount = sum('price_amount')
  const discount_amount = sum('discount_amount')
  return {
    ...order,
    items,
    subtotal_amount,
    discount_amount,
    total_amount: subtotal_amount - discount_amount,
    // Of somebody else, where it took nothing off theirs.
    discount_code: discount_amount > 0 ? order.discount_code : null,
    refunded_amount: sum('refunded_amount'),
    payment: null,
  }
}
