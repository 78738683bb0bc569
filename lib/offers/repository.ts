import type { Db, Fragment } from '../db/client.ts'
import { personOf } from '../users/person.ts'
import type { MakeOffer, Offer, OfferStatus } from './schemas.ts'

export interface OfferRow {
  readonly id: string
  readonly tier_id: string
  readonly buyer_id: string
  readonly seller_id: string
  readonly amount: number
  readonly currency: string
  readonly status: OfferStatus
}

/** Of `f`: nobody can answer it, or order for it, any more. */
export const isOver = (db: Db, now: Date): Fragment => db`(
  (f.status in ('open', 'countered') and f.expires_at <= ${now})
  or (f.status = 'accepted' and f.payable_until <= ${now})
)`

/** As it is now, whether the sweep has been there or not. */
const statusOf = (db: Db, now: Date) => db`case when ${isOver(db, now)} then 'expired' else f.status end`

const viewOf = (db: Db, now: Date) => db`
  select
    f.id, f.product_id, f.tier_id, p.title, r.name as tier_name, ${personOf(db, 'b')} as buyer,
    ${personOf(db, 's')} as seller, f.amount, f.counter_amount, f.currency, f.message,
    ${statusOf(db, now)} as status, f.expires_at, f.accepted_at, f.payable_until, f.order_id, f.revision,
    f.created_at, f.updated_at
  from offers f
  join products p on p.id = f.product_id
  join product_tiers r on r.id = f.tier_id
  join users b on b.id = f.buyer_id
  join users s on s.id = f.seller_id
`

/** Of either side. */
export async function findOffer(db: Db, userId: string, id: string, now: Date): Promise<Offer | undefined> {
  const [row] = await db<[Offer?]>`
    ${viewOf(db, now)} where f.id = ${id} and (f.buyer_id = ${userId} or f.seller_id = ${userId})
  `
  return row
}

interface OfferPlace {
  readonly role: 'buyer' | 'seller'
  readonly status: OfferStatus | undefined
  /** Only offers older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export const listOffersOf = (db: Db, userId: string, place: OfferPlace, now: Date) => db<Offer[]>`
  ${viewOf(db, now)}
  where ${place.role === 'buyer' ? db`f.buyer_id` : db`f.seller_id`} = ${userId}
    ${place.status === undefined ? db`` : db`and ${statusOf(db, now)} = ${place.status}`}
    ${place.before === undefined ? db`` : db`and f.id < ${place.before}`}
  order by f.id desc
  limit ${place.limit}
`

export async function findSeller(db: Db, productId: string): Promise<string | undefined> {
  const [row] = await db<[{ seller_id: string }?]>`select seller_id from products where id = ${productId}`
  return row?.seller_id
}

export async function findListPrice(db: Db, tierId: string): Promise<number> {
  const [row] = await db<[{ price_amount: number }]>`
    select price_amount from product_tiers where id = ${tierId}
  `
  return row.price_amount
}

/** Those that wait for an answer, or for the buyer to order. */
export async function countLive(db: Db, buyerId: string): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select count(*)::int as count from offers
    where buyer_id = ${buyerId} and status in ('open', 'countered', 'accepted')
  `
  return row.count
}

/** Whether an order for an earlier offer waits for its payment: that offer is there again should it end unpaid. */
export async function isBeingPaid(db: Db, buyerId: string, tierId: string): Promise<boolean> {
  const rows = await db`
    select from offers f
    join orders o on o.id = f.order_id
    where f.buyer_id = ${buyerId} and f.tier_id = ${tierId} and f.status = 'ordered'
      and o.status = 'requires_payment'
  `
  return rows.length > 0
}

interface NewOffer extends MakeOffer {
  readonly buyer_id: string
  readonly seller_id: string
  readonly currency: string
  readonly expires_at: Date
}

/** Undefined where the buyer has a live one for the tier. */
export async function insertOffer(tx: Db, offer: NewOffer, now: Date): Promise<string | undefined> {
  const [row] = await tx<[{ id: string }?]>`
    insert into offers ${tx({ ...offer, created_at: now, updated_at: now })}
    on conflict (buyer_id, tier_id) where status in ('open', 'countered', 'accepted') do nothing
    returning id
  `
  return row?.id
}

/** Of either side, as it is now. */
export async function lockOffer(
  tx: Db,
  userId: string,
  id: string,
  now: Date,
): Promise<OfferRow | undefined> {
  const [row] = await tx<[OfferRow?]>`
    select f.id, f.tier_id, f.buyer_id, f.seller_id, f.amount, f.currency, ${statusOf(tx, now)} as status
    from offers f
    where f.id = ${id} and (f.buyer_id = ${userId} or f.seller_id = ${userId})
    for no key update
  `
  return row
}

export interface Move {
  readonly status: OfferStatus
  readonly counter_amount?: number
  readonly expires_at?: Date
  readonly accepted_at?: Date
  readonly payable_until?: Date
}

/** From where it was seen. */
export async function moveOffer(tx: Db, { id, status }: OfferRow, move: Move, now: Date): Promise<void> {
  const { count } = await tx`
    update offers set ${tx({ ...move, updated_at: now })}, revision = revision + 1
    where id = ${id} and status = ${status}
  `
  if (count !== 1) throw new Error(`Offer ${id} changed under its lock`)
}
