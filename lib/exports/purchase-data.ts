import type { ReadPage, Row } from './personal-data.ts'

const readOrders: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, number, status, currency, subtotal_amount, discount_amount, total_amount, refunded_amount, discount_code,
    payment_intent_id, buyer_ip, buyer_user_agent, end_reason, created_at, expires_at, paid_at, completed_at
  from orders
  where buyer_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readOrderItems: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    i.id, i.order_id, i.product_id, i.track_id, i.kind, i.title, i.tier_name, i.is_exclusive, i.terms, i.price_amount,
    i.discount_amount, i.refunded_amount
  from order_items i
  join orders o on o.id = i.order_id
  where o.buyer_id = ${user_id} and i.id > ${after}
  order by i.id
  limit ${limit}
`

const readRefunds: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select r.id, r.order_id, r.amount, r.currency, r.reason, r.status, r.created_at, r.settled_at
  from refunds r
  join orders o on o.id = r.order_id
  where o.buyer_id = ${user_id} and r.id > ${after}
  order by r.id
  limit ${limit}
`

const readDisputes: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select d.id, d.order_id, d.amount, d.currency, d.reason, d.status, d.outcome, d.opened_at, d.closed_at
  from disputes d
  join orders o on o.id = d.order_id
  where o.buyer_id = ${user_id} and d.id > ${after}
  order by d.id
  limit ${limit}
`

const readLicenses: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, serial, order_item_id, product_id, track_id, sha256, status, status_reason, terms, contract, document, jws,
    downloads_allowed, downloads_used, downloads_until, issued_at
  from licenses
  where buyer_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readDownloads: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, license_id, granted_at, expires_at, ip, user_agent
  from license_downloads
  where buyer_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readOffers: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, product_id, tier_id, amount, counter_amount, currency, message, status, order_id,
    created_at, expires_at, accepted_at, payable_until
  from offers
  where buyer_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** What was bought. */
export const purchaseData: Readonly<Record<string, ReadPage>> = {
  'orders.json': readOrders,
  'order-items.json': readOrderItems,
  'refunds.json': readRefunds,
  'disputes.json': readDisputes,
  'licenses.json': readLicenses,
  'downloads.json': readDownloads,
  'offers.json': readOffers,
}
