import type { Db, Fragment } from '../db/client.ts'
import type { Terms } from '../products/terms.ts'

export interface ItemLine {
  readonly title: string
  readonly tier_name: string
  readonly amount: number
}

export interface OrderFacts {
  readonly order_id: string
  readonly number: number | null
  readonly currency: string
  readonly buyer: string
}

export interface Receipt extends OrderFacts {
  readonly discount_amount: number
  readonly total_amount: number
  readonly paid_at: Date
  readonly items: readonly ItemLine[]
}

/** Columns of `o`, and the name that its buyer `b` goes by. */
const orderFacts = (db: Db) => db`o.id as order_id, o.number, o.currency, b.username as buyer`

export async function findReceipt(db: Db, orderId: string): Promise<Receipt | undefined> {
  const [row] = await db<[Receipt?]>`
    select
      ${orderFacts(db)}, o.discount_amount, o.total_amount, o.paid_at,
      (
        select json_agg(
          json_build_object('title', i.title, 'tier_name', i.tier_name, 'amount', i.price_amount) order by i.position
        )
        from order_items i
        where i.order_id = o.id
      ) as items
    from orders o
    join users b on b.id = o.buyer_id
    where o.id = ${orderId} and o.paid_at is not null
  `
  return row
}

export interface SaleFacts extends OrderFacts {
  readonly items: readonly ItemLine[]
  /** What the user earns of it, and when that is theirs to be paid. */
  readonly share_amount: number
  readonly releases_at: Date
}

/** Of what the user earns by; none where that is nothing, as of what was free. */
export async function findSale(db: Db, orderId: string, userId: string): Promise<SaleFacts | undefined> {
  const [row] = await db<[SaleFacts?]>`
    select
      ${orderFacts(db)}, sum(s.amount)::bigint as share_amount, max(s.releases_at) as releases_at,
      json_agg(
        json_build_object(
          'title', i.title, 'tier_name', i.tier_name, 'amount', i.price_amount - i.discount_amount
        ) order by i.position
      ) as items
    from orders o
    join users b on b.id = o.buyer_id
    join order_items i on i.order_id = o.id
    join order_item_shares s on s.order_item_id = i.id and s.user_id = ${userId}
    where o.id = ${orderId} and s.amount > 0 and s.releases_at is not null
    group by o.id, b.username
  `
  return row
}

export interface RefundFacts extends OrderFacts {
  readonly amount: number
  readonly reason: string
  readonly items: readonly (ItemLine & { readonly is_revoked: boolean })[]
  /** What it took back from the user. */
  readonly taken_amount: number
}

export async function findRefund(db: Db, refundId: string, userId: string): Promise<RefundFacts | undefined> {
  const [row] = await db<[RefundFacts?]>`
    select
      ${orderFacts(db)}, r.amount, r.reason,
      (
        select coalesce(json_agg(
          json_build_object(
            'title', i.title, 'tier_name', i.tier_name, 'amount', part.amount,
            'is_revoked', coalesce(l.status = 'revoked', false)
          ) order by i.position
        ), '[]')
        from refund_items part
        join order_items i on i.id = part.order_item_id
        left join licenses l on l.order_item_id = i.id
        where part.refund_id = r.id
      ) as items,
      ${takenBy(db, db`'refund:' || r.stripe_refund_id`, userId)} as taken_amount
    from refunds r
    join orders o on o.id = r.order_id
    join users b on b.id = o.buyer_id
    where r.id = ${refundId}
  `
  return row
}

export interface DisputeFacts extends OrderFacts {
  readonly amount: number
  readonly disputed_currency: string
  readonly reason: string
  readonly evidence_due_at: Date | null
  readonly outcome: 'won' | 'lost' | null
  /** Of the user: what is held meanwhile, and what a lost one took back. */
  readonly held_amount: number
  readonly taken_amount: number
  readonly licenses: readonly { readonly title: string; readonly serial: string; readonly status: string }[]
}

export async function findDispute(
  db: Db,
  disputeId: string,
  userId: string,
): Promise<DisputeFacts | undefined> {
  const [row] = await db<[DisputeFacts?]>`
    select
      ${orderFacts(db)}, d.amount, d.currency as disputed_currency, d.reason, d.evidence_due_at, d.outcome,
      (
        select coalesce(sum(s.amount - s.reversed_amount), 0)::bigint
        from order_item_shares s
        join order_items i on i.id = s.order_item_id
        where i.order_id = o.id and s.user_id = ${userId}
      ) as held_amount,
      ${takenBy(db, db`'dispute_lost:' || d.stripe_dispute_id`, userId)} as taken_amount,
      (
        select coalesce(json_agg(
          json_build_object('title', i.title, 'serial', l.serial, 'status', l.status) order by i.position
        ), '[]')
        from order_items i
        join licenses l on l.order_item_id = i.id
        where i.order_id = o.id
      ) as licenses
    from disputes d
    join orders o on o.id = d.order_id
    join users b on b.id = o.buyer_id
    where d.id = ${disputeId}
  `
  return row
}

/** By what the movement of this name lessened all that is owed to the user. */
const takenBy = (db: Db, externalId: Fragment, userId: string) => db`
  (
    select coalesce(-sum(e.amount), 0)::bigint
    from ledger_movements m
    join ledger_entries e on e.movement_id = m.id
    where m.external_id = ${externalId} and e.user_id = ${userId}
  )
`

export interface ExclusiveFacts {
  readonly order_id: string
  readonly number: number | null
  readonly title: string
  readonly track_id: string
  /** Of others than its buyer. */
  readonly earlier_count: number
}

export async function findExclusive(db: Db, itemId: string): Promise<ExclusiveFacts | undefined> {
  const [row] = await db<[ExclusiveFacts?]>`
    select
      o.id as order_id, o.number, t.title, t.id as track_id,
      (
        select count(*)::int from licenses l
        where l.track_id = t.id and l.order_item_id <> i.id and l.status <> 'revoked'
      ) as earlier_count
    from order_items i
    join orders o on o.id = i.order_id
    join tracks t on t.id = i.track_id
    where i.id = ${itemId}
  `
  return row
}

export interface HeldLicense {
  readonly serial: string
  readonly tier_name: string
  readonly issued_at: Date
  readonly terms: Terms
}

export const listHeldLicenses = (db: Db, userId: string, trackId: string) => db<HeldLicense[]>`
  select l.serial, i.tier_name, l.issued_at, l.terms
  from licenses l
  join order_items i on i.id = l.order_item_id
  where l.buyer_id = ${userId} and l.track_id = ${trackId} and l.status <> 'revoked'
  order by l.id
  limit 20
`

export interface OfferFacts {
  readonly offer_id: string
  readonly title: string
  readonly tier_name: string
  readonly amount: number
  readonly counter_amount: number | null
  readonly currency: string
  readonly message: string
  readonly buyer: string
  readonly expires_at: Date
  readonly payable_until: Date | null
  /** Whether the user is the one who made it. */
  readonly is_own: boolean
}

export async function findOfferFacts(
  db: Db,
  offerId: string,
  userId: string,
): Promise<OfferFacts | undefined> {
  const [row] = await db<[OfferFacts?]>`
    select
      f.id as offer_id, p.title, r.name as tier_name, f.amount, f.counter_amount, f.currency, f.message,
      b.username as buyer, f.expires_at, f.payable_until, f.buyer_id = ${userId} as is_own
    from offers f
    join products p on p.id = f.product_id
    join product_tiers r on r.id = f.tier_id
    join users b on b.id = f.buyer_id
    where f.id = ${offerId} and f.status <> 'withdrawn'
  `
  return row
}

export interface PayoutFacts {
  readonly payout_id: string
  readonly amount: number
  readonly currency: string
  readonly status: string
  readonly failed_reason: string | null
  readonly created_at: Date
}

export async function findPayout(db: Db, payoutId: string): Promise<PayoutFacts | undefined> {
  const [row] = await db<[PayoutFacts?]>`
    select id as payout_id, amount, currency, status, failed_reason, created_at
    from payouts
    where id = ${payoutId}
  `
  return row
}
