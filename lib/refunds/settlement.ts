import type { Sql, Transaction } from '../db/client.ts'
import { issueCreditNotes } from '../invoices/issuing.ts'
import { postRefund, postRefundUndone } from '../ledger/postings.ts'
import { changeLicenses } from '../licenses/status.ts'
import { logger } from '../logger.ts'
import { endExclusives, lockPaidOrder, type PaidOrder } from '../orders/giving-back.ts'
import { addToOutbox } from '../outbox.ts'
import { countMetric } from '../stripe/metrics.ts'
import type { SettlePayment } from '../stripe/payments.ts'
import type { Refund } from '../stripe/port.ts'
import { divideForeign } from './dividing.ts'
import {
  findRefund,
  findRefundAtStripe,
  followRefunds,
  insertRefund,
  listItems,
  listRefundItems,
  markFailed,
  markSucceeded,
  markUnderWay,
  noteFailure,
  type RefundRow,
} from './repository.ts'

export interface RefundSettlementDependencies {
  readonly sql: Sql
  readonly settlePayment: SettlePayment
  readonly now?: () => Date
}

export type SettleRefund = ReturnType<typeof createRefundSettlement>

/** What Stripe says of a refund becomes our state of it, whether we asked for it or somebody did at Stripe. */
export function createRefundSettlement({
  sql,
  settlePayment,
  now = () => new Date(),
}: RefundSettlementDependencies) {
  async function settle(tx: Transaction, refund: Refund & { payment_intent_id: string }) {
    const order = await lockPaidOrder(tx, refund.payment_intent_id)
    if (!order?.paid_at) return
    const row = (await findRefundAtStripe(tx, order.id, refund)) ?? (await adopt(tx, order, refund, now()))
    if (!row) return
    if (refund.amount !== row.amount) throw new Error(`Refund ${row.id} is of another amount at Stripe`)
    if (refund.status === 'succeeded') return succeed(tx, order, row, refund)
    if (row.status === 'succeeded') return undo(tx, row, refund)
    if (refund.status === 'failed' || refund.status === 'canceled') {
      await markFailed(tx, row.id, refund.failure_reason ?? refund.status, now())
    } else if (row.stripe_refund_id === null) await markUnderWay(tx, row.id, refund.id)
  }

  async function succeed(tx: Transaction, order: PaidOrder, row: RefundRow, refund: Refund) {
    if (row.status === 'succeeded') return
    const parts = await listRefundItems(tx, row.id)
    const items = await listItems(tx, order.id)
    const isWhole = ({ order_item_id, amount }: (typeof parts)[number]) => {
      const item = items.find(({ id }) => id === order_item_id)!
      return item.refunded_amount + amount >= item.due
    }
    const itemIds = parts.filter(isWhole).map(({ order_item_id }) => order_item_id)
    await changeLicenses(tx, order.id, { to: 'revoked', reason: 'refund', itemIds }, now())
    await endExclusives(tx, order.id, itemIds, now())
    await postRefund(tx, { order_id: order.id, external_id: refund.id, items: parts }, now())
    await markSucceeded(tx, row.id, refund.id, now())
    await followRefunds(tx, order.id, now())
    await addToOutbox(tx, 'order.refunded', { order_id: order.id, refund_id: row.id })
    await issueCreditNotes(tx, row.id, now())
  }

  /** The bank sent it back. The order stays as it is, and we owe the customer: somebody has to pay them another way. */
  async function undo(tx: Transaction, { id, order_id }: RefundRow, refund: Refund) {
    const { id: external_id, amount, currency, failure_reason } = refund
    if (!(await postRefundUndone(tx, { order_id, external_id, amount, currency }, now()))) return
    await noteFailure(tx, id, failure_reason ?? refund.status)
    const failed = { refund_id: id, order_id, failure_reason }
    logger.error('A refund that was done has failed', { ...failed, ...countMetric('stripe_calls_failed') })
  }

  return async (refund: Refund): Promise<void> => {
    const { payment_intent_id } = refund
    if (payment_intent_id === null) return
    await settlePayment(payment_intent_id)
    await sql.beginIdempotent((tx) => settle(tx, { ...refund, payment_intent_id }))
  }
}

/** One that was made at Stripe and not by us, unless nothing came of it. */
async function adopt(
  tx: Transaction,
  { id: order_id }: PaidOrder,
  { amount, currency, status }: Refund,
  now: Date,
): Promise<RefundRow | undefined> {
  if (status === 'failed' || status === 'canceled') return undefined
  const items = divideForeign(await listItems(tx, order_id), amount)
  const refund = { order_id, amount, currency, reason: 'other', note: '', requested_by: null } as const
  const id = await insertRefund(tx, refund, items, now)
  return findRefund(tx, id)
}
