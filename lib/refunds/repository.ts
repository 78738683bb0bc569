import type { Db } from '../db/client.ts'
import type { PaidOrder } from '../orders/giving-back.ts'
import type { RefundReason, RefundView } from './schemas.ts'

/** Whatever changes the refunds of an order holds this lock. */
export async function lockOrder(tx: Db, orderId: string): Promise<PaidOrder | undefined> {
  const [order] = await tx<[PaidOrder?]>`
    select id, buyer_id, status, currency, payment_intent_id, paid_at from orders where id = ${orderId} for update
  `
  return order
}

export interface RefundableItem {
  readonly id: string
  readonly seller_id: string
  /** What was paid for it. */
  readonly due: number
  readonly refunded_amount: number
  /** Of refunds that Stripe has not done yet. */
  readonly pending_amount: number
}

export const listItems = (tx: Db, orderId: string) => tx<RefundableItem[]>`
  select
    i.id, i.seller_id, i.price_amount - i.discount_amount as due, i.refunded_amount,
    coalesce((
      select sum(part.amount)::bigint
      from refund_items part
      join refunds r on r.id = part.refund_id
      where part.order_item_id = i.id and r.status = 'pending'
    ), 0) as pending_amount
  from order_items i
  where i.order_id = ${orderId}
  order by i.id
`

export interface RefundItem {
  readonly order_item_id: string
  readonly amount: number
}

export interface NewRefund {
  readonly order_id: string
  readonly amount: number
  readonly currency: string
  readonly reason: RefundReason
  readonly note: string
  readonly requested_by: string | null
}

export async function insertRefund(
  tx: Db,
  refund: NewRefund,
  items: readonly RefundItem[],
  now: Date,
): Promise<string> {
  const [row] = await tx<[{ id: string }]>`
    insert into refunds ${tx({ ...refund, created_at: now })} returning id
  `
  await tx`insert into refund_items ${tx(items.map((item) => ({ ...item, refund_id: row.id })))}`
  return row.id
}

export interface RefundRow {
  readonly id: string
  readonly order_id: string
  readonly payment_intent_id: string | null
  readonly amount: number
  readonly reason: RefundReason
  readonly status: RefundView['status']
  readonly stripe_refund_id: string | null
}

const rowColumns = (db: Db) => db`
  r.id, r.order_id, o.payment_intent_id, r.amount, r.reason, r.status, r.stripe_refund_id
  from refunds r
  join orders o on o.id = r.order_id
`

export async function findRefund(db: Db, id: string): Promise<RefundRow | undefined> {
  const [row] = await db<[RefundRow?]>`select ${rowColumns(db)} where r.id = ${id}`
  return row
}

/** The one that Stripe tells of, by its own id or by the one that it was made with. */
export async function findRefundAtStripe(
  tx: Db,
  orderId: string,
  { id, refund_id }: { readonly id: string; readonly refund_id: string | null },
): Promise<RefundRow | undefined> {
  const [row] = await tx<[RefundRow?]>`
    select ${rowColumns(tx)}
    where r.order_id = ${orderId} and (r.stripe_refund_id = ${id} or r.id::text = ${refund_id})
    order by r.stripe_refund_id = ${id} desc nulls last
    limit 1
  `
  return row
}

export const listRefundItems = (tx: Db, refundId: string) => tx<RefundItem[]>`
  select order_item_id, amount from refund_items where refund_id = ${refundId} order by order_item_id
`

export async function markUnderWay(tx: Db, id: string, stripeRefundId: string): Promise<void> {
  await tx`update refunds set stripe_refund_id = ${stripeRefundId} where id = ${id}`
}

export async function markSucceeded(tx: Db, id: string, stripeRefundId: string, now: Date): Promise<void> {
  await tx`
    update refunds
    set status = 'succeeded', stripe_refund_id = ${stripeRefundId}, failed_reason = null, settled_at = ${now}
    where id = ${id}
  `
}

/** Only while it is pending. */
export async function markFailed(tx: Db, id: string, reason: string, now: Date): Promise<boolean> {
  const { count } = await tx`
    update refunds
    set status = 'failed', failed_reason = ${reason}, settled_at = ${now}
    where id = ${id} and status = 'pending'
  `
  return count === 1
}

/** Of one that had succeeded, and still counts as given back. */
export async function noteFailure(tx: Db, id: string, reason: string): Promise<void> {
  await tx`update refunds set failed_reason = ${reason} where id = ${id}`
}

/** The order follows what was given back of it; one in dispute does when that is over. */
export async function followRefunds(tx: Db, orderId: string, now: Date): Promise<void> {
  await tx`
    update orders
    set
      status = case when status = 'disputed' then status else next end,
      status_before_dispute = case when status = 'disputed' then next else status_before_dispute end,
      completion_due_at = case when next = 'refunded' then null else completion_due_at end,
      revision = revision + 1,
      updated_at = ${now}
    from (
      select
        case when refunded_amount = total_amount then 'refunded' else 'partially_refunded' end as next,
        case when status = 'disputed' then status_before_dispute else status end as present
      from orders
      where id = ${orderId} and refunded_amount > 0
    ) state
    where id = ${orderId} and present <> next and status in ('paid', 'completed', 'partially_refunded', 'disputed')
      -- What was never completed has no part of it that is kept.
      and (present <> 'paid' or next = 'refunded')
  `
}

/** Pending ones for which nothing is going to be asked of Stripe any more. */
export const listGivenUp = (tx: Db, orderId: string) => tx<{ id: string }[]>`
  select r.id
  from refunds r
  where r.order_id = ${orderId} and r.status = 'pending'
    and exists (select from stripe_calls c where c.kind = 'refund' and c.subject_id = r.id and c.status = 'failed')
    and not exists (select from stripe_calls c where c.kind = 'refund' and c.subject_id = r.id and c.status = 'due')
`

/** Why all that was paid has to go back, where nothing is under way and nothing was tried since. */
export async function findOwed(
  tx: Db,
  orderId: string,
  since: Date,
): Promise<'exclusive_conflict' | 'late_payment' | undefined> {
  const [owed] = await tx<[{ reason: 'exclusive_conflict' | 'late_payment' }?]>`
    select o.end_reason as reason
    from orders o
    where o.id = ${orderId} and o.status = 'paid' and o.end_reason is not null
      and not exists (
        select from refunds r
        where r.order_id = o.id and (r.status = 'pending' or r.created_at > ${since})
      )
  `
  return owed?.reason
}
