import type { ReadPage, Row } from './personal-data.ts'

const readSeller: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    user_id as id, stripe_account_id, charges_enabled, payouts_enabled, requirements_due, legal_name, legal_address,
    country, fee_bps, created_at, updated_at
  from sellers
  where user_id = ${user_id} and user_id > ${after}
  limit ${limit}
`

const readProducts: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, kind, track_id, title, description, status, created_at, updated_at
  from products
  where seller_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readTiers: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    t.id, t.product_id, t.name, t.price_amount, t.is_price_open, t.currency, t.is_exclusive, t.license, t.contract,
    t.created_at, t.removed_at
  from product_tiers t
  join products p on p.id = t.product_id
  where p.seller_id = ${user_id} and t.id > ${after}
  order by t.id
  limit ${limit}
`

const readTemplates: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, name, terms, contract, created_at, updated_at
  from license_templates
  where seller_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readDiscounts: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, code, percent_bps, amount, currency, product_ids, min_amount, max_uses, uses, starts_at, ends_at, disabled_at,
    created_at
  from discounts
  where seller_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** Of what the user sold or earned by; who bought it is the buyer's affair. */
const readSales: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    i.id, o.number as order_number, o.paid_at, i.product_id, i.title, i.tier_name, o.currency, i.price_amount,
    i.discount_amount, i.fee_amount, i.refunded_amount, s.split_bps, s.amount as share_amount,
    s.reversed_amount as share_reversed_amount, s.releases_at, s.released_at
  from order_items i
  join orders o on o.id = i.order_id
  left join order_item_shares s on s.order_item_id = i.id and s.user_id = ${user_id}
  where i.id in (
      select id from order_items where seller_id = ${user_id}
      union
      select order_item_id from order_item_shares where user_id = ${user_id}
    )
    and o.paid_at is not null and i.id > ${after}
  order by i.id
  limit ${limit}
`

const readLedger: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select e.id, m.kind, m.at, e.account, e.amount, e.currency, e.order_item_id, m.payout_id
  from ledger_entries e
  join ledger_movements m on m.id = e.movement_id
  where e.user_id = ${user_id} and e.id > ${after}
  order by e.id
  limit ${limit}
`

const readPayouts: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, amount, currency, status, origin, failed_reason, created_at, settled_at
  from payouts
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** Those the user wrote, and those that were written to them. */
const readInvoices: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, number, kind, seller_id = ${user_id} as is_yours, order_id, currency, total_amount, document, issued_at
  from invoices
  where (seller_id = ${user_id} or buyer_id = ${user_id}) and id > ${after}
  order by id
  limit ${limit}
`

const readOffers: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, product_id, tier_id, amount, counter_amount, currency, status, order_id,
    created_at, expires_at, accepted_at, payable_until
  from offers
  where seller_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** What is and was sold, and what came of it. */
export const salesData: Readonly<Record<string, ReadPage>> = {
  'seller.json': readSeller,
  'products.json': readProducts,
  'product-tiers.json': readTiers,
  'license-templates.json': readTemplates,
  'discounts.json': readDiscounts,
  'sales.json': readSales,
  'ledger.json': readLedger,
  'payouts.json': readPayouts,
  'invoices.json': readInvoices,
  'offers-received.json': readOffers,
}
