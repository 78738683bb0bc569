import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { allocate } from '../money/allocate.ts'
import type { Discount } from './schemas.ts'

/** What takes something off: each seller has codes of their own, and two may have the same. */
export type Deduction = Pick<
  Discount,
  'id' | 'percent_bps' | 'amount' | 'currency' | 'product_ids' | 'min_amount'
> & { readonly seller_id: string; readonly revision: number }

/** What the code stands for with these sellers at this time. */
export async function findDiscounts(
  db: Db,
  code: string,
  sellerIds: readonly string[],
  now: Date,
): Promise<Deduction[]> {
  return db<Deduction[]>`
    select id, seller_id, percent_bps, amount, currency, product_ids, min_amount, revision
    from discounts
    where seller_id = any(${sellerIds}::uuid[]) and code = ${code} and ${isInForce(db, now)}
  `
}

const isInForce = (db: Db, now: Date) => db`(
  disabled_at is null and starts_at <= ${now} and (ends_at is null or ends_at > ${now})
  and (max_uses is null or uses < max_uses)
)`

/** Something of an order, all of one currency. */
export interface Item {
  readonly seller_id: string
  readonly product_id: string
  readonly price_amount: number
  /** Named by the buyer: nothing is taken off that. */
  readonly is_price_open: boolean
  readonly currency: string
  /** By which its price was agreed on: nothing else is taken off. */
  readonly offer_id?: string | null
}

export interface Reduction {
  readonly discount_id: string | null
  readonly discount_amount: number
}

const none: Reduction = { discount_id: null, discount_amount: 0 }

/** What each item costs less, in the order of the items. Refuses what changes no price. */
export function priceItems(items: readonly Item[], discounts: readonly Deduction[]): Reduction[] {
  const reductions = items.map(() => none)
  for (const discount of discounts) {
    const places = [...items.keys()].filter((at) => isFor(discount, items[at]!))
    const prices = places.map((at) => items[at]!.price_amount)
    const subtotal = prices.reduce((sum, price) => sum + price, 0)
    if (subtotal === 0 || subtotal < discount.min_amount) continue
    const parts = allocate(amountOff(discount, subtotal), prices)
    for (const [part, at] of places.entries()) {
      reductions[at] = { discount_id: discount.id, discount_amount: parts[part]! }
    }
  }
  if (reductions.every(({ discount_amount }) => discount_amount === 0)) {
    throw new AppError('discount_unavailable')
  }
  return reductions
}

const isFor = (discount: Deduction, item: Item) =>
  !item.offer_id &&
  !item.is_price_open &&
  discount.seller_id === item.seller_id &&
  (discount.currency === null || discount.currency === item.currency) &&
  (discount.product_ids === null || discount.product_ids.includes(item.product_id))

function amountOff({ percent_bps, amount }: Deduction, subtotal: number): number {
  if (percent_bps === null) return Math.min(amount!, subtotal)
  return allocate(subtotal, [percent_bps, 10_000 - percent_bps])[0]!
}

/**
 * Counts a use of each, once an order. Refuses where the last one was taken since it was looked at, or the discount is
 * over or another one.
 */
export async function useDiscount(tx: Db, discounts: readonly Deduction[], now: Date): Promise<void> {
  const ids = discounts.map(({ id }) => id)
  const revisions = discounts.map(({ revision }) => revision)
  await tx`select from discounts where id = any(${ids}::uuid[]) order by id for no key update`
  const { count } = await tx`
    update discounts set uses = uses + 1
    from unnest(${ids}::uuid[], ${revisions}::int[]) as seen (id, revision)
    where discounts.id = seen.id and discounts.revision = seen.revision and ${isInForce(tx, now)}
  `
  if (count < ids.length) throw new AppError('discount_unavailable')
}

/** Gives the uses of an order back that comes to nothing; once, by whoever ends it. */
export async function giveBackDiscount(tx: Db, orderId: string): Promise<void> {
  await lockOfOrder(tx, orderId)
  await tx`update discounts set uses = uses - 1 where id in (${ofOrder(tx, orderId)}) and uses > 0`
}

/** Takes them again for an order that is paid after all: its price stands, whether there is room or not. */
export async function retakeDiscount(tx: Db, orderId: string): Promise<void> {
  await lockOfOrder(tx, orderId)
  await tx`
    update discounts set uses = uses + 1
    where id in (${ofOrder(tx, orderId)}) and (max_uses is null or uses < max_uses)
  `
}

const ofOrder = (tx: Db, orderId: string) =>
  tx`select discount_id from order_items where order_id = ${orderId} and discount_id is not null`

const lockOfOrder = (tx: Db, orderId: string) =>
  tx`select from discounts where id in (${ofOrder(tx, orderId)}) order by id for no key update`
