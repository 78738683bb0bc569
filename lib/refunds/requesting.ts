import type { Transaction } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { PaidOrder } from '../orders/giving-back.ts'
import { requestCall } from '../stripe/calls.ts'
import { divideRefund } from './dividing.ts'
import { insertRefund, listItems, lockOrder } from './repository.ts'
import type { RefundPart, RefundReason } from './schemas.ts'

export interface RefundDemand {
  readonly order_id: string
  /** Only of these; without them and `amount` all that is left. */
  readonly items?: readonly RefundPart[] | undefined
  readonly amount?: number | undefined
  /** Whose items it is about; all where it is nobody. */
  readonly seller_id?: string | undefined
  readonly reason: RefundReason
  readonly note?: string
  readonly requested_by?: string
  /** For how long after the payment it may be asked for. */
  readonly window_ms?: number
}

const refundable = new Set(['paid', 'completed', 'partially_refunded'])

/**
 * Has some of what was paid given back: written down here with all that is under way, so that never more is asked of
 * Stripe than is left; done by the worker.
 */
export async function requestRefund(tx: Transaction, demand: RefundDemand, now: Date): Promise<string> {
  const { order_id, seller_id, reason, note = '', requested_by = null } = demand
  const order = await lockOrder(tx, order_id)
  mustBeRefundable(order, demand, now)
  const all = await listItems(tx, order_id)
  const items = divideRefund(
    all.filter((item) => seller_id === undefined || item.seller_id === seller_id),
    demand,
  )
  const amount = items.reduce((sum, item) => sum + item.amount, 0)
  const refund = { order_id, amount, currency: order.currency, reason, note, requested_by }
  const id = await insertRefund(tx, refund, items, now)
  await requestCall(tx, 'refund', id, now)
  return id
}

function mustBeRefundable(
  order: PaidOrder | undefined,
  { window_ms }: RefundDemand,
  now: Date,
): asserts order is PaidOrder {
  if (!order) throw new AppError('not_found')
  const { status, payment_intent_id, paid_at } = order
  if (status === 'disputed') throw new AppError('order_not_refundable', 'Its payment is in dispute')
  if (!refundable.has(status) || !payment_intent_id || !paid_at) throw new AppError('order_not_refundable')
  if (window_ms !== undefined && now.getTime() - paid_at.getTime() > window_ms) {
    throw new AppError('order_not_refundable', 'It was paid too long ago')
  }
}
