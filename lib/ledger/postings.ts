import type { Transaction } from '../db/client.ts'
import { allocate } from '../money/allocate.ts'
import { dayMs, later } from '../time.ts'
import { findDisputed, hold, isLastDispute, letGo, markFree } from './holds.ts'
import { type Entry, isNew, type Money, move } from './movements.ts'
import { leftOf, lockParts, recordTakings, take } from './parts.ts'

/**
 * Every way money moves. Each is a movement of its own in the transaction that brings it about, comes to nothing over
 * all accounts, and happens once for its external id: the second time it answers false and changes nothing.
 */

/** How long after its payment a share is pending. */
export const releaseDelayMs = 7 * dayMs

interface OfOrder {
  readonly order_id: string
  /** Stripe's id of what happened. */
  readonly external_id: string
}

export async function postSale(tx: Transaction, { order_id, external_id }: OfOrder, now: Date) {
  const items = await lockParts(tx, order_id)
  const entries = items.flatMap((item): Entry[] => {
    const { order_item_id, currency, fee_left, shares } = item
    return [
      { account: 'customers', order_item_id, amount: -leftOf(item), currency },
      { account: 'platform', order_item_id, amount: fee_left, currency },
      ...shares.map(({ user_id, left }): Entry => {
        return { account: 'pending', user_id, order_item_id, amount: left, currency }
      }),
    ]
  })
  const sale = { external_id: `sale:${external_id}`, kind: 'sale', order_id, entries } as const
  if ((await move(tx, [sale], now)) === 0) return false
  await tx`
    update order_item_shares set releases_at = ${later(now, releaseDelayMs)}
    where order_item_id in (select id from order_items where order_id = ${order_id})
  `
  return true
}

/** What Stripe keeps of a payment, or takes for a dispute, in the currency that it settles in; gives back, below zero. */
export async function postStripeFee(
  tx: Transaction,
  { order_id, external_id, amount, currency }: OfOrder & Money,
  now: Date,
) {
  const entries: Entry[] = [
    { account: 'stripe_fees', amount, currency },
    { account: 'platform', amount: -amount, currency },
  ]
  const movement = { external_id: `fee:${external_id}`, kind: 'stripe_fee', order_id, entries } as const
  return (await move(tx, [movement], now)) > 0
}

export interface RefundPosting extends OfOrder {
  readonly items: readonly { readonly order_item_id: string; readonly amount: number }[]
}

export async function postRefund(tx: Transaction, refund: RefundPosting, now: Date) {
  const { order_id } = refund
  const items = await lockParts(tx, order_id)
  const external_id = `refund:${refund.external_id}`
  if (!(await isNew(tx, external_id))) return false
  await requireSale(tx, order_id)
  const back = refund.items.map(({ order_item_id, amount }) => {
    const item = items.find((item) => item.order_item_id === order_item_id)
    if (!item) throw new Error(`Order ${order_id} has no item ${order_item_id}`)
    const { entries, taking } = take(item, amount)
    const customer: Entry = { account: 'customers', order_item_id, amount, currency: item.currency }
    return { taking, entries: [customer, ...entries] }
  })
  const entries = back.flatMap((part) => part.entries)
  await move(tx, [{ external_id, kind: 'refund', order_id, entries }], now)
  await recordTakings(
    tx,
    order_id,
    back.map(({ taking }) => taking),
    now,
  )
  return true
}

/** The customer's bank has sent a refund back to us: what they were to get we owe them still. */
export async function postRefundUndone(
  tx: Transaction,
  { order_id, external_id, amount, currency }: OfOrder & Money,
  now: Date,
) {
  const entries: Entry[] = [
    { account: 'customers', amount: -amount, currency },
    { account: 'platform', amount, currency },
  ]
  const movement = { external_id: `refund_failed:${external_id}`, kind: 'refund', order_id, entries } as const
  return (await move(tx, [movement], now)) > 0
}

/** Stripe takes the amount back until it is decided; meanwhile nothing of the order can be paid out. */
export async function postDispute(tx: Transaction, dispute: OfOrder & Money, now: Date) {
  const { order_id, amount, currency } = dispute
  const items = await lockParts(tx, order_id)
  await requireSale(tx, order_id)
  const entries: Entry[] = [
    { account: 'customers', amount, currency },
    { account: 'disputed', amount: -amount, currency },
    ...items.flatMap(hold),
  ]
  const external_id = `dispute:${dispute.external_id}`
  if ((await move(tx, [{ external_id, kind: 'dispute', order_id, entries }], now)) === 0) return false
  await tx`
    update order_item_shares set held_at = ${now}
    where order_item_id in (select id from order_items where order_id = ${order_id}) and held_at is null
  `
  return true
}

export async function postDisputeWon(tx: Transaction, end: OfOrder, now: Date) {
  const { order_id } = end
  const items = await lockParts(tx, order_id)
  const external_id = `dispute_won:${end.external_id}`
  if (!(await isNew(tx, external_id))) return false
  const { amount, currency } = await findDisputed(tx, end.external_id)
  const isLast = await isLastDispute(tx, order_id, end.external_id)
  const entries: Entry[] = [
    { account: 'customers', amount: -amount, currency },
    { account: 'disputed', amount, currency },
    ...(isLast ? items.flatMap(letGo) : []),
  ]
  await move(tx, [{ external_id, kind: 'dispute_won', order_id, entries }], now)
  if (isLast) await markFree(tx, order_id)
  return true
}

/** The customer keeps it: it counts as refunded. What more was disputed than is left of the order, we bear. */
export async function postDisputeLost(tx: Transaction, end: OfOrder, now: Date) {
  const { order_id } = end
  const items = await lockParts(tx, order_id)
  const external_id = `dispute_lost:${end.external_id}`
  if (!(await isNew(tx, external_id))) return false
  const { amount, currency } = await findDisputed(tx, end.external_id)
  const isLast = await isLastDispute(tx, order_id, end.external_id)
  const lefts = items.map(leftOf)
  const possible = Math.min(
    amount,
    lefts.reduce((sum, left) => sum + left, 0),
  )
  const parts = allocate(possible, lefts)
  const taken = items.map((item, at) => take(item, parts[at]!))
  const entries: Entry[] = [
    { account: 'disputed', amount, currency },
    { account: 'platform', amount: possible - amount, currency },
    ...taken.flatMap((part) => part.entries),
    ...(isLast ? taken.flatMap(({ rest }) => letGo(rest)) : []),
  ]
  await move(tx, [{ external_id, kind: 'dispute_lost', order_id, entries }], now)
  await recordTakings(
    tx,
    order_id,
    taken.map(({ taking }) => taking),
    now,
  )
  if (isLast) await markFree(tx, order_id)
  return true
}

/** A payment comes before whatever is taken back of it; Stripe's events may come the other way round. */
async function requireSale(tx: Transaction, orderId: string): Promise<void> {
  const [sale] = await tx`select from ledger_movements where order_id = ${orderId} and kind = 'sale'`
  if (!sale) throw new Error(`Nothing was paid for order ${orderId} yet`)
}
