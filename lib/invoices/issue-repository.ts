import type { Db, Fragment } from '../db/client.ts'
import type { InvoiceDocument, InvoiceLine } from './document-schemas.ts'

/** What one seller has to bill, or to give back, of an order. */
export interface Billable {
  readonly seller_id: string
  readonly buyer_id: string
  readonly currency: string
  readonly seller: InvoiceDocument['seller']
  readonly buyer: InvoiceDocument['buyer']
  readonly order: { readonly id: string; readonly number: number; readonly paid_at: string }
  readonly corrects: InvoiceDocument['corrects']
  readonly lines: readonly Omit<InvoiceLine, 'amount'>[]
}

/** One after the other for an order, whoever bills it. */
export const lockOrder = (db: Db, orderId: string) => db`select from orders where id = ${orderId} for update`

export async function lockOrderOfRefund(db: Db, refundId: string) {
  await db`
    select from orders where id = (select order_id from refunds where id = ${refundId}) for update
  `
}

/**
 * Sellers of the order without an invoice of it, in the order in which their numbers are taken. Of what is free nobody
 * makes one out: it would give away a seller's name and address to whoever asks.
 */
export const listUnbilled = (db: Db, orderId: string) => db<Billable[]>`
  ${billables(db, db`null`, db`i.price_amount`, db`i.discount_amount`)}
  from orders o
  join order_items i on i.order_id = o.id
  ${parties(db)}
  where o.id = ${orderId} and not exists (
    select from invoices v where v.order_id = o.id and v.seller_id = i.seller_id and v.kind = 'invoice'
  )
  group by o.id, i.seller_id, seller.id, buyer.id, s.user_id
  having sum(i.price_amount - i.discount_amount) > 0
  order by i.seller_id
`

/** Sellers of what was refunded without a credit note of it; what no invoice was made out for needs none. */
export const listUncredited = (db: Db, refundId: string) => db<Billable[]>`
  ${billables(db, db`json_build_object('id', v.id, 'number', v.number)`, db`-r.amount`, db`0`)}
  from refund_items r
  join order_items i on i.id = r.order_item_id
  join orders o on o.id = i.order_id
  join invoices v on v.order_id = o.id and v.seller_id = i.seller_id and v.kind = 'invoice'
  ${parties(db)}
  where r.refund_id = ${refundId} and not exists (
    select from invoices c where c.refund_id = r.refund_id and c.seller_id = i.seller_id
  )
  group by o.id, i.seller_id, seller.id, buyer.id, s.user_id, v.id
  order by i.seller_id
`

const billables = (db: Db, corrects: Fragment, price: Fragment, discount: Fragment) => db`
  select i.seller_id, o.buyer_id, o.currency,
    json_build_object(
      'id', seller.id, 'username', seller.username, 'display_name', seller.display_name,
      'legal_name', s.legal_name, 'address', s.legal_address, 'country', s.country
    ) as seller,
    json_build_object('id', buyer.id, 'username', buyer.username, 'display_name', buyer.display_name) as buyer,
    json_build_object('id', o.id, 'number', o.number, 'paid_at', o.paid_at) as order,
    ${corrects} as corrects,
    json_agg(json_build_object(
      'order_item_id', i.id, 'title', i.title, 'tier', i.tier_name, 'price_amount', ${price},
      'discount_amount', ${discount}
    ) order by i.position) as lines
`

const parties = (db: Db) => db`
  join users seller on seller.id = i.seller_id
  join users buyer on buyer.id = o.buyer_id
  left join sellers s on s.user_id = i.seller_id
`

/** The row stays locked until the transaction is over, and what is undone gives its number back: so there are no gaps. */
export async function takeNumber(db: Db, sellerId: string): Promise<number> {
  const [taken] = await db<[{ value: number }]>`
    insert into sequences (name, value) values (${`invoice:${sellerId}`}, 1)
    on conflict (name) do update set value = sequences.value + 1
    returning value
  `
  return taken.value
}

export interface NewInvoice {
  readonly billable: Billable
  readonly refund_id: string | null
  readonly document: InvoiceDocument
  readonly now: Date
}

export async function insertInvoice(
  db: Db,
  { billable, refund_id, document, now }: NewInvoice,
): Promise<string> {
  const row = {
    seller_id: billable.seller_id,
    number: document.number,
    kind: document.kind,
    order_id: billable.order.id,
    refund_id,
    buyer_id: billable.buyer_id,
    currency: billable.currency,
    total_amount: document.total_amount,
    document: db.json(document),
    issued_at: now,
  }
  const [inserted] = await db<[{ id: string }]>`insert into invoices ${db(row)} returning id`
  return inserted.id
}
