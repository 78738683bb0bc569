import type { Db } from '../db/client.ts'
import { isOlder, toMicros } from '../db/micros.ts'
import { personOf } from '../users/person.ts'
import { idOf } from '../users/who.ts'
import type { AdminOrder, ListAllOrders, OrderEntry } from './order-schemas.ts'

export type OrderFilter = Omit<ListAllOrders, 'limit' | 'cursor'>

/** Where a page goes on: after the order of this time, in microseconds, and id. */
export type OrderPosition = readonly [micros: number, id: string]

type AdminOrderRow = AdminOrder & { readonly micros: number }

/** Newest first. */
export const listAllOrders = (
  db: Db,
  filter: OrderFilter,
  after: OrderPosition | undefined,
  limit: number,
) => db<AdminOrderRow[]>`
  select
    o.id, o.number, o.status, ${personOf(db, 'b')} as buyer, o.currency, o.subtotal_amount, o.discount_amount,
    o.total_amount, o.refunded_amount, o.payment_intent_id, o.charge_id, o.end_reason, o.created_at, o.expires_at,
    o.paid_at, o.completed_at, o.updated_at, ${toMicros(db, db`o.created_at`)} as micros,
    (select count(*)::int from order_items i where i.order_id = o.id) as item_count,
    (
      select coalesce(json_agg(${personOf(db, 's')} order by s.id), '[]')
      from users s
      where s.id in (select i.seller_id from order_items i where i.order_id = o.id)
    ) as sellers
  from orders o
  join users b on b.id = o.buyer_id
  where true
    ${isMeant(db, filter)}
    ${after === undefined ? db`` : db`and ${isOlder(db, { at: db`o.created_at`, id: db`o.id` }, { at: after[0], id: after[1] })}`}
  order by o.created_at desc, o.id desc
  limit ${limit}
`

const isMeant = (db: Db, { status, buyer, seller, number, from, to }: OrderFilter) => db`
  ${status === undefined ? db`` : db`and o.status = ${status}`}
  ${buyer === undefined ? db`` : db`and o.buyer_id = ${idOf(db, buyer)}`}
  ${
    seller === undefined
      ? db``
      : db`and o.id in (select i.order_id from order_items i where i.seller_id = ${idOf(db, seller)})`
  }
  ${number === undefined ? db`` : db`and o.number = ${number}`}
  ${from === undefined ? db`` : db`and o.created_at >= ${from}`}
  ${to === undefined ? db`` : db`and o.created_at < ${to}`}
`

/** Movement by movement as they came, with the shared accounts that no user sees. */
export const listOrderEntries = (
  db: Db,
  orderId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
) => db<OrderEntry[]>`
  select
    e.id, e.movement_id, m.kind, e.account, case when u.id is not null then ${personOf(db, 'u')} end as user,
    e.order_item_id, e.amount, e.currency, m.at
  from ledger_movements m
  join ledger_entries e on e.movement_id = m.id
  left join users u on u.id = e.user_id
  where m.order_id = ${orderId} ${after === undefined ? db`` : db`and e.id > ${after}`}
  order by e.id
  limit ${limit}
`

export async function hasOrder(db: Db, orderId: string): Promise<boolean> {
  const rows = await db`select from orders where id = ${orderId}`
  return rows.length > 0
}
