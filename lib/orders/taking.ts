import type { Transaction } from '../db/client.ts'
import { giveBackDiscount, retakeDiscount } from '../discounts/apply.ts'
import { postSale } from '../ledger/postings.ts'
import { giveBackOffers, retakeOffers } from '../offers/ordering.ts'
import { addToOutbox } from '../outbox.ts'
import { requestRefund } from '../refunds/requesting.ts'
import type { Intent } from '../stripe/port.ts'
import { later } from '../time.ts'
import { endClaims, sellTracks } from './claims.ts'
import { endUnpaid } from './ending.ts'
import { completionGraceMs } from './placing.ts'
import { markPaid, markProductsSold, type OrderRow } from './repository.ts'

/**
 * What was paid for an order, locked, is taken: the order is paid, whenever that was. Where the buyer can no more have
 * what they paid for, because they cancelled it or an exclusive licence is somebody else's by now, all of it goes back.
 */
export async function takePayment(
  tx: Transaction,
  order: OrderRow,
  { id: external_id, charge_id }: Pick<Intent, 'id' | 'charge_id'>,
  now: Date,
): Promise<void> {
  const { id: order_id } = order
  const end_reason = await findEndReason(tx, order, now)
  if (end_reason) await giveBack(tx, order, now)
  else await keep(tx, order, now)
  await postSale(tx, { order_id, external_id }, now)
  const completion_due_at = end_reason ? null : later(now, completionGraceMs)
  await markPaid(tx, order_id, { charge_id, end_reason, completion_due_at }, now)
  await addToOutbox(tx, 'order.paid', { order_id })
  if (end_reason === 'exclusive_conflict') await addToOutbox(tx, 'order.exclusive_conflict', { order_id })
  if (end_reason) await requestRefund(tx, { order_id, reason: end_reason }, now)
}

/** What an order held that ends although it was paid; what had ended before held nothing any more. */
async function giveBack(tx: Transaction, { id, status }: OrderRow, now: Date) {
  await endClaims(tx, id, 'released', now)
  if (status !== 'requires_payment') return
  await giveBackDiscount(tx, id)
  await giveBackOffers(tx, id, now)
}

async function keep(tx: Transaction, { id, status }: OrderRow, now: Date) {
  await markProductsSold(tx, id, now)
  if (status !== 'expired') return
  await retakeDiscount(tx, id)
  await retakeOffers(tx, id, now)
}

async function findEndReason(tx: Transaction, { id, status }: OrderRow, now: Date) {
  if (status === 'cancelled') return 'late_payment'
  return (await sellTracks(tx, id, now)) ? null : 'exclusive_conflict'
}

/** The same for an order, locked and open, that costs nothing. */
export async function takeNothing(tx: Transaction, order: OrderRow, now: Date): Promise<void> {
  const { id: order_id } = order
  if (!(await sellTracks(tx, order_id, now))) {
    await endUnpaid(tx, order, now)
    return
  }
  await markProductsSold(tx, order_id, now)
  const completion_due_at = later(now, completionGraceMs)
  await markPaid(tx, order_id, { charge_id: null, end_reason: null, completion_due_at }, now)
  await addToOutbox(tx, 'order.paid', { order_id })
}
