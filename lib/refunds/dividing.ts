import { AppError } from '../errors.ts'
import { allocate } from '../money/allocate.ts'
import type { RefundableItem, RefundItem } from './repository.ts'
import type { RefundPart } from './schemas.ts'

/** What can still be given back of an item: what Stripe has still to do of it counts as done. */
export const leftOf = ({ due, refunded_amount, pending_amount }: RefundableItem): number =>
  Math.max(due - refunded_amount - pending_amount, 0)

/** How much goes back of each item; refuses more than is left of any. */
export function divideRefund(
  items: readonly RefundableItem[],
  {
    items: parts,
    amount,
  }: { readonly items?: readonly RefundPart[] | undefined; readonly amount?: number | undefined },
): RefundItem[] {
  const wanted = parts ? fromParts(items, parts) : fromAmount(items, amount)
  const divided = wanted.filter((part) => part.amount > 0)
  if (divided.length === 0) throw new AppError('refund_too_large', 'Nothing is left of it')
  return divided
}

function fromParts(items: readonly RefundableItem[], parts: readonly RefundPart[]): RefundItem[] {
  return parts.map(({ order_item_id, amount }) => {
    const item = items.find(({ id }) => id === order_item_id)
    if (!item) throw new AppError('validation_failed', 'The order has no such item')
    const left = leftOf(item)
    if ((amount ?? left) > left) throw new AppError('refund_too_large')
    return { order_item_id, amount: amount ?? left }
  })
}

function fromAmount(items: readonly RefundableItem[], amount: number | undefined): RefundItem[] {
  const lefts = items.map(leftOf)
  const left = lefts.reduce((sum, part) => sum + part, 0)
  if ((amount ?? left) > left) throw new AppError('refund_too_large')
  const amounts = left === 0 ? lefts : allocate(amount ?? left, lefts)
  return items.map(({ id }, at) => ({ order_item_id: id, amount: amounts[at]! }))
}

/** For what Stripe has given back without us: it is so, whether as much was left or not. */
export function divideForeign(items: readonly RefundableItem[], amount: number): RefundItem[] {
  const weights = [
    items.map(leftOf),
    items.map(({ due, refunded_amount }) => due - refunded_amount),
    items.map(({ due }) => due),
  ]
  const fitting = weights.find((lefts) => lefts.reduce((sum, left) => sum + left, 0) >= amount) ?? weights[2]!
  return allocate(amount, fitting)
    .map((part, at) => ({ order_item_id: items[at]!.id, amount: part }))
    .filter((part) => part.amount > 0)
}
