import type { Db } from '../db/client.ts'
import type { Dispute } from '../stripe/port.ts'
import type { DisputeView } from './schemas.ts'

export interface DisputeRow {
  readonly id: string
  readonly outcome: 'won' | 'lost' | null
}

/** What Stripe says of it now. */
export async function keepDispute(tx: Db, orderId: string, dispute: Dispute): Promise<DisputeRow> {
  const { id, amount, currency, reason, status, evidence_due_at, opened_at } = dispute
  const [row] = await tx<[DisputeRow]>`
    insert into disputes (
      stripe_dispute_id, order_id, amount, currency, reason, status, evidence_due_at, opened_at
    ) values (${id}, ${orderId}, ${amount}, ${currency}, ${reason}, ${status}, ${evidence_due_at}, ${opened_at})
    on conflict (stripe_dispute_id) do update set
      amount = case when disputes.closed_at is null then excluded.amount else disputes.amount end,
      reason = excluded.reason, status = excluded.status, evidence_due_at = excluded.evidence_due_at
    returning id, outcome
  `
  return row
}

export async function markClosed(tx: Db, id: string, outcome: 'won' | 'lost', now: Date): Promise<void> {
  await tx`update disputes set outcome = ${outcome}, closed_at = ${now} where id = ${id}`
}

/** Whether another dispute keeps the order's money. */
export async function hasOtherOpen(tx: Db, orderId: string, id: string): Promise<boolean> {
  const [other] = await tx`
    select from disputes
    where order_id = ${orderId} and id <> ${id} and closed_at is null and status not like 'warning\\_%'
  `
  return other !== undefined
}

/** False where it is in dispute already. */
export async function markDisputed(tx: Db, orderId: string, now: Date): Promise<boolean> {
  const { count } = await tx`
    update orders
    set status_before_dispute = status, status = 'disputed', revision = revision + 1, updated_at = ${now}
    where id = ${orderId} and status in ('paid', 'completed', 'partially_refunded', 'refunded')
  `
  return count === 1
}

/** Back to where it was, or to where refunds have brought it meanwhile. */
export async function endDispute(tx: Db, orderId: string, now: Date): Promise<void> {
  await tx`
    update orders
    set status = status_before_dispute, status_before_dispute = null, revision = revision + 1, updated_at = ${now}
    where id = ${orderId} and status = 'disputed'
  `
}

/** What a lost dispute took counts as refunded. */
export async function followLoss(tx: Db, orderId: string, now: Date): Promise<void> {
  await tx`
    update orders
    set
      status_before_dispute = case when refunded_amount = total_amount then 'refunded' else 'partially_refunded' end,
      completion_due_at = null,
      revision = revision + 1,
      updated_at = ${now}
    where id = ${orderId} and status = 'disputed'
  `
}

const viewColumns = (db: Db) => db`
  d.id, d.order_id, d.amount, d.currency, d.reason, d.status, d.outcome, d.evidence_due_at,
  d.evidence_submitted_at, d.opened_at, d.closed_at
  from disputes d
`

/** All where it is nobody's items that they are about. */
const isOf = (db: Db, sellerId: string | undefined) =>
  sellerId === undefined
    ? db`true`
    : db`exists (select from order_items i where i.order_id = d.order_id and i.seller_id = ${sellerId})`

export async function findDisputeView(
  db: Db,
  id: string,
  sellerId: string | undefined,
): Promise<DisputeView | undefined> {
  const [row] = await db<[DisputeView?]>`
    select ${viewColumns(db)} where d.id = ${id} and ${isOf(db, sellerId)}
  `
  return row
}

export const listDisputeViews = (
  db: Db,
  sellerId: string | undefined,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
) => db<DisputeView[]>`
  select ${viewColumns(db)}
  where ${isOf(db, sellerId)} ${before ? db`and d.id < ${before}` : db``}
  order by d.id desc
  limit ${limit}
`
