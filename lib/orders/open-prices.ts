import { AppError, type FieldError } from '../errors.ts'
import { type Currency, leastCharge } from '../money/currencies.ts'
import type { Orderable } from '../products/for-order.ts'
import { invalid } from '../products/refusals.ts'
import type { Wanted } from './schemas.ts'

/** What is offered, each at the price that its buyer gives; `offered` is all of `wanted`, in its order. */
export function choosePrices(offered: readonly Orderable[], wanted: readonly Wanted[]): Orderable[] {
  const chosen = offered.map((one, at) => ({
    ...one,
    price_amount: wanted[at]!.price_amount ?? one.price_amount,
  }))
  const errors = offered.flatMap((one, at) => findFault(one, chosen[at]!.price_amount, at) ?? [])
  if (errors.length > 0) throw invalid(...errors)
  // What may cost nothing is on sale too by those whom Stripe pays nothing.
  const isUnpayable = chosen.some(
    ({ is_price_open, price_amount, takes_payments }) => is_price_open && price_amount > 0 && !takes_payments,
  )
  if (isUnpayable) {
    throw new AppError('onboarding_required', 'Its seller cannot be paid yet: it can be had for nothing')
  }
  return chosen
}

function findFault(
  { is_price_open, price_amount: least, currency }: Orderable,
  chosen: number,
  at: number,
): FieldError | undefined {
  const pointer = `#/body/items/${at}/price_amount`
  if (chosen === least) return undefined
  if (!is_price_open) return { pointer, code: 'price_not_open', detail: `It costs ${least}` }
  const from = Math.max(least, leastCharge(currency as Currency))
  if (chosen >= from) return undefined
  return {
    pointer,
    code: 'too_small',
    detail: least === 0 ? `Give nothing, or ${from} or more` : `Give ${from} or more`,
  }
}
