import { findSplitsInForce } from '../collaboration/splits-in-force.ts'
import type { Transaction } from '../db/client.ts'
import { type Deduction, findDiscounts, priceItems, type Reduction } from '../discounts/apply.ts'
import { allocate } from '../money/allocate.ts'
import type { Agreed } from '../offers/ordering.ts'
import { feeOf } from '../sellers/fees.ts'
import type { Totals } from './guards.ts'

/** What somebody gets of what a track earns. */
export interface Split {
  readonly user_id: string
  readonly split_bps: number
}

export interface Share extends Split {
  readonly amount: number
}

export interface PricedItem extends Agreed, Reduction {
  readonly fee_amount: number
  readonly shares: readonly Share[]
}

const wholeBps = 10_000

/** Of what is left after the discount: the fee, and by the split sheet what each of those who made it earns. */
export function divide(
  { price_amount, discount_amount }: { readonly price_amount: number; readonly discount_amount: number },
  feeBps: number,
  splits: readonly Split[],
) {
  const [fee_amount, net] = allocate(price_amount - discount_amount, [feeBps, wholeBps - feeBps]) as [
    number,
    number,
  ]
  const amounts = allocate(
    net,
    splits.map(({ split_bps }) => split_bps),
  )
  const shares = splits.map((split, at): Share => ({ ...split, amount: amounts[at]! }))
  return { fee_amount, shares: shares.filter(({ amount }) => amount > 0) }
}

export interface PriceOptions {
  readonly discount_code: string | undefined
  /** What the platform keeps, unless something else was agreed on with the seller. */
  readonly fee_bps: number
}

/** What all of it costs now, and whose that is. */
export async function price(
  tx: Transaction,
  offered: readonly Agreed[],
  { discount_code, fee_bps }: PriceOptions,
  now: Date,
) {
  const sellers = [...new Set(offered.map(({ seller_id }) => seller_id))]
  const discounts = discount_code === undefined ? [] : await findDiscounts(tx, discount_code, sellers, now)
  const reductions = discount_code === undefined ? undefined : priceItems(offered, discounts)
  const fees = await feeOf(tx, sellers, fee_bps)
  const splits = await findSplits(tx, offered)
  const items = offered.map((one, at): PricedItem => {
    const item = { ...one, ...(reductions?.[at] ?? undiscounted) }
    const shared = splits.get(one.track_id) ?? [{ user_id: one.seller_id, split_bps: wholeBps }]
    return { ...item, ...divide(item, fees.get(one.seller_id)!, shared) }
  })
  return { items, totals: totalsOf(items), used: usedOf(discounts, items) }
}

const undiscounted: Reduction = { discount_id: null, discount_amount: 0 }

async function findSplits(tx: Transaction, offered: readonly Agreed[]) {
  const trackIds = new Set(offered.flatMap(({ track_id }) => track_id ?? []))
  const splits = new Map<string | null, readonly Split[]>()
  for (const trackId of trackIds) splits.set(trackId, await findSplitsInForce(tx, trackId))
  return splits
}

function totalsOf(items: readonly PricedItem[]): Totals {
  const subtotal_amount = items.reduce((sum, { price_amount }) => sum + price_amount, 0)
  const discount_amount = items.reduce((sum, item) => sum + item.discount_amount, 0)
  return { subtotal_amount, discount_amount, total_amount: subtotal_amount - discount_amount }
}

const usedOf = (discounts: readonly Deduction[], items: readonly PricedItem[]) =>
  discounts.filter(({ id }) => items.some(({ discount_id }) => discount_id === id))
