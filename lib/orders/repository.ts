import type { Db, Transaction } from '../db/client.ts'
import { markSold } from '../products/for-order.ts'
import { lockTracks } from '../tracks/locks.ts'
import { listClaimedTracks } from './claims.ts'
import type { PricedItem } from './pricing.ts'
import type { OrderStatus } from './schemas.ts'

export interface NewOrder {
  readonly buyer_id: string
  readonly currency: string
  readonly subtotal_amount: number
  readonly discount_amount: number
  readonly total_amount: number
  readonly discount_code: string | null
  readonly key_hash: Buffer
  readonly buyer_ip: string | null
  readonly buyer_user_agent: string
  readonly expires_at: Date
  readonly completion_due_at: Date | null
}

export async function insertOrder(tx: Db, order: NewOrder, now: Date): Promise<string> {
  const [row] = await tx<[{ id: string }]>`
    insert into orders ${tx({ ...order, created_at: now, updated_at: now })} returning id
  `
  return row.id
}

/** Answers their ids, in their order. */
export async function insertItems(
  tx: Transaction,
  orderId: string,
  items: readonly PricedItem[],
): Promise<string[]> {
  const rows = items.map((item, position) => ({
    ...item,
    order_id: orderId,
    position,
    terms: tx.json(item.terms),
  }))
  const inserted = await tx<{ id: string; position: number }[]>`
    insert into order_items ${tx(rows, ...itemColumns)} returning id, position
  `
  const ids = inserted.toSorted((a, b) => a.position - b.position).map(({ id }) => id)
  const shares = items.flatMap((item, at) =>
    item.shares.map((share) => ({ ...share, order_item_id: ids[at]! })),
  )
  if (shares.length > 0) {
    await tx`insert into order_item_shares ${tx(shares, 'order_item_id', 'user_id', 'split_bps', 'amount')}`
  }
  return ids
}

const itemColumns = [
  'order_id',
  'position',
  'product_id',
  'tier_id',
  'seller_id',
  'track_id',
  'track_ids',
  'kind',
  'title',
  'tier_name',
  'is_exclusive',
  'terms',
  'contract',
  'price_amount',
  'discount_amount',
  'discount_id',
  'offer_id',
  'fee_amount',
] as const

export interface OrderRow {
  readonly id: string
  readonly buyer_id: string
  readonly status: OrderStatus
  readonly currency: string
  readonly total_amount: number
  readonly discount_code: string | null
  readonly payment_intent_id: string | null
  readonly charge_id: string | null
  readonly intent_attempt: number
  readonly end_reason: string | null
  readonly expires_at: Date
}

const rowColumns = (db: Db) => db`
  id, buyer_id, status, currency, total_amount, discount_code, payment_intent_id, charge_id, intent_attempt,
  end_reason, expires_at
`

export async function findOrderRow(db: Db, id: string): Promise<OrderRow | undefined> {
  const [row] = await db<[OrderRow?]>`select ${rowColumns(db)} from orders where id = ${id}`
  return row
}

export async function lockOrder(tx: Db, id: string): Promise<OrderRow | undefined> {
  const [row] = await tx<[OrderRow?]>`select ${rowColumns(tx)} from orders where id = ${id} for no key update`
  return row
}

/** With the tracks that it has claims on, which come first. */
export async function lockOrderWithTracks(tx: Db, id: string): Promise<OrderRow | undefined> {
  await lockClaimedTracks(tx, id)
  return lockOrder(tx, id)
}

/** Whoever ends, or makes good, what an order has for itself locks its tracks first, and then the order. */
export async function lockClaimedTracks(tx: Db, orderId: string): Promise<void> {
  const trackIds = await listClaimedTracks(tx, orderId)
  if (trackIds.length === 0) return
  await lockTracks(tx, tx`t.id = any(${trackIds}::uuid[])`)
  await tx`select from products where track_id = any(${trackIds}::uuid[]) order by id for no key update`
}

export interface KeyedOrder {
  readonly id: string
  readonly discount_code: string | null
  readonly items: readonly KeyedItem[]
}

interface KeyedItem {
  readonly tier_id: string
  readonly offer_id: string | null
  readonly price_amount: number
  /** What it costs where the buyer names no price. */
  readonly least_amount: number
}

/** The order that was made with this key. */
export async function findOrderByKey(
  db: Db,
  buyerId: string,
  keyHash: Buffer,
): Promise<KeyedOrder | undefined> {
  const [row] = await db<[KeyedOrder?]>`
    select
      o.id, o.discount_code,
      (
        select json_agg(json_build_object(
          'tier_id', i.tier_id, 'offer_id', i.offer_id, 'price_amount', i.price_amount,
          'least_amount', r.price_amount
        ))
        from order_items i
        join product_tiers r on r.id = i.tier_id
        where i.order_id = o.id
      ) as items
    from orders o
    where o.buyer_id = ${buyerId} and o.key_hash = ${keyHash}
  `
  return row
}

export interface Intent {
  readonly id: string
  readonly client_secret: string
}

/** Keeps what the buyer pays with. Answers the order's state, or nothing where it has a payment already. */
export async function markIntent(
  tx: Db,
  orderId: string,
  { id, client_secret }: Intent,
  now: Date,
): Promise<OrderStatus | undefined> {
  const [row] = await tx<[{ status: OrderStatus }?]>`
    update orders
    set payment_intent_id = ${id}, revision = revision + 1, updated_at = ${now},
      client_secret = case when status = 'requires_payment' then ${client_secret} end
    where id = ${orderId} and payment_intent_id is null
    returning status
  `
  return row?.status
}

/** Of the same attempt only once. */
export async function raiseAttempt(db: Db, orderId: string, attempt: number): Promise<void> {
  await db`
    update orders set intent_attempt = intent_attempt + 1 where id = ${orderId} and intent_attempt = ${attempt}
  `
}

/** False where it is not waiting for its payment any more. */
export async function markEnded(
  tx: Db,
  id: string,
  status: 'cancelled' | 'expired',
  now: Date,
): Promise<boolean> {
  const { count } = await tx`
    update orders
    set status = ${status}, client_secret = null, completion_due_at = null,
      revision = revision + 1, updated_at = ${now}
    where id = ${id} and status = 'requires_payment'
  `
  return count === 1
}

export interface Paid {
  readonly charge_id: string | null
  readonly end_reason: 'exclusive_conflict' | 'late_payment' | null
  readonly completion_due_at: Date | null
}

/** Gives the order its number; whoever comes after it with theirs waits for the end of this transaction. */
export async function markPaid(tx: Db, id: string, paid: Paid, now: Date): Promise<void> {
  const { count } = await tx`
    with next as (update sequences set value = value + 1 where name = 'order' returning value)
    update orders
    set status = 'paid', number = next.value, paid_at = ${now}, charge_id = ${paid.charge_id}, client_secret = null,
      end_reason = ${paid.end_reason}, completion_due_at = ${paid.completion_due_at},
      revision = revision + 1, updated_at = ${now}
    from next
    where id = ${id} and status in ('requires_payment', 'cancelled', 'expired')
  `
  if (count !== 1) throw new Error(`Order ${id} changed under its lock`)
}

/** False where it is not waiting for that. */
export async function markCompleted(tx: Db, id: string, now: Date): Promise<boolean> {
  const { count } = await tx`
    update orders
    set status = 'completed', completed_at = ${now}, completion_due_at = null,
      revision = revision + 1, updated_at = ${now}
    where id = ${id} and status = 'paid' and end_reason is null
  `
  return count === 1
}

/** Nothing of the tracks that an order has for itself is for sale any more. Orders that are open are honoured. */
export async function markProductsSold(tx: Db, orderId: string, now: Date): Promise<void> {
  const trackIds = await listClaimedTracks(tx, orderId)
  if (trackIds.length > 0) await markSold(tx, trackIds, now)
}
