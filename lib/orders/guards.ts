import { AppError } from '../errors.ts'
import { type Currency, leastCharge, mostAmount } from '../money/currencies.ts'
import type { Orderable } from '../products/for-order.ts'
import type { Wanted } from './schemas.ts'

/** Refuses what cannot be ordered by this buyer together; `offered` is what they may see of what is wanted. */
export function requireOrderable(
  offered: readonly Orderable[],
  wanted: readonly Wanted[],
  buyerId: string,
): void {
  if (offered.some(({ seller_id }) => seller_id === buyerId)) throw new AppError('own_product')
  const states = new Map(offered.map(({ tier_id, availability }) => [tier_id, availability]))
  const tiersIn = (...out: readonly (string | undefined)[]) =>
    wanted.flatMap(({ tier_id }) => (out.includes(states.get(tier_id)) ? tier_id : []))
  refuse('product_unavailable', tiersIn('unavailable', undefined))
  refuse('price_changed', tiersIn('replaced'))
  if (new Set(offered.map(({ currency }) => currency)).size > 1) throw new AppError('currency_mismatch')
}

/** Somebody else has it, or is paying for it. */
export const requireFree = (offered: readonly Orderable[]): void =>
  refuse(
    'exclusive_unavailable',
    offered.flatMap(({ tier_id, availability }) => (availability === 'taken' ? tier_id : [])),
  )

function refuse(
  code: 'product_unavailable' | 'price_changed' | 'exclusive_unavailable',
  tier_ids: readonly string[],
): void {
  if (tier_ids.length > 0) throw new AppError(code, undefined, { extensions: { tier_ids } })
}

export interface Totals {
  readonly subtotal_amount: number
  readonly discount_amount: number
  readonly total_amount: number
}

/** Refuses what is not what the buyer was shown, or cannot be charged. */
export function requireChargeable(
  { total_amount }: Totals,
  currency: string,
  expected: number | undefined,
): void {
  if (expected !== undefined && expected !== total_amount) {
    throw new AppError('price_changed', undefined, { extensions: { total_amount } })
  }
  if (total_amount > mostAmount)
    throw new AppError('conflict', 'It comes to more than can be charged at once')
  if (total_amount > 0 && total_amount < leastCharge(currency as Currency)) {
    throw new AppError('discount_unavailable', 'It would leave less than can be charged')
  }
}
