import type { Transaction } from '../db/client.ts'
import { type Deduction, useDiscount } from '../discounts/apply.ts'
import { AppError } from '../errors.ts'
import { applyOffers, orderOffers } from '../offers/ordering.ts'
import { addToOutbox } from '../outbox.ts'
import { lockForOrder } from '../products/for-order.ts'
import { hourMs, later, minuteMs } from '../time.ts'
import { lockAccount } from '../users/lock.ts'
import { mustNotHoard, reserveTracks } from './claims.ts'
import { issueConfirmation, spendConfirmation } from './confirmations.ts'
import { requireChargeable, requireFree, requireOrderable, type Totals } from './guards.ts'
import { choosePrices } from './open-prices.ts'
import { type PricedItem, price } from './pricing.ts'
import { findRepeat } from './repeats.ts'
import { findOrderByKey, insertItems, insertOrder, type KeyedOrder } from './repository.ts'
import type { CreateOrder } from './schemas.ts'

/** How long there is to pay. */
const exclusiveMs = 30 * minuteMs
const otherMs = 24 * hourMs

/** How long whoever has placed a free order has to complete it, before others do. */
export const completionGraceMs = minuteMs

export interface Placing {
  readonly buyer_id: string
  readonly key_hash: Buffer
  readonly ip: string
  readonly user_agent: string
  readonly wanted: CreateOrder
  readonly fee_bps: number
}

export type Placed =
  | { readonly order_id: string }
  /** Nothing was placed: the buyer is asked first, with a token that was made for them. */
  | { readonly refusal: AppError }

/** Makes an order of what is offered now, or finds the one that its key has made before. */
export async function place(tx: Transaction, placing: Placing, now: Date): Promise<Placed> {
  const { buyer_id, key_hash, wanted, fee_bps } = placing
  // Orders of one buyer come one after the other, so that none misses what the one before it has taken.
  if (!(await lockAccount(tx, buyer_id))) throw new AppError('not_found')
  const before = await findOrderByKey(tx, buyer_id, key_hash)
  if (before) return { order_id: requireSame(before, wanted) }
  const offered = await lockForOrder(tx, buyer_id, wanted.items, now)
  requireOrderable(offered, wanted.items, buyer_id)
  const chosen = choosePrices(offered, wanted.items)
  const { discount_code, expected_total_amount } = wanted
  const agreed = await applyOffers(tx, buyer_id, chosen, wanted.items, now)
  const priced = await price(tx, agreed, { discount_code, fee_bps }, now)
  requireChargeable(priced.totals, offered[0]!.currency, expected_total_amount)
  const refusal = await findRefusal(tx, placing, now)
  if (refusal) return { refusal }
  requireFree(offered)
  const exclusive = offered.flatMap(({ is_exclusive, track_id }) => (is_exclusive && track_id) || [])
  if (exclusive.length > 0) await mustNotHoard(tx, buyer_id, exclusive, now)
  return { order_id: await write(tx, placing, priced, now) }
}

function requireSame(before: KeyedOrder, { items, discount_code }: CreateOrder): string {
  const isSame =
    before.discount_code === (discount_code ?? null) &&
    before.items.length === items.length &&
    items.every(({ tier_id, offer_id = null, price_amount }) => {
      const item = before.items.find((one) => one.tier_id === tier_id)
      if (item?.offer_id !== offer_id) return false
      return offer_id !== null || item.price_amount === (price_amount ?? item.least_amount)
    })
  if (!isSame) throw new AppError('idempotency_mismatch')
  return before.id
}

/** Unless the buyer has said already that it is meant. */
async function findRefusal(tx: Transaction, { buyer_id, wanted }: Placing, now: Date) {
  const { items, confirm_token } = wanted
  if (confirm_token && (await spendConfirmation(tx, confirm_token, buyer_id, items, now))) return undefined
  const tierIds = items.map(({ tier_id }) => tier_id)
  const repeat = await findRepeat(tx, buyer_id, tierIds, now)
  if (!repeat) return undefined
  const token = await issueConfirmation(tx, buyer_id, items, now)
  return new AppError(repeat.code, undefined, {
    extensions: { confirm_token: token, order_id: repeat.order_id },
  })
}

interface Priced {
  readonly items: readonly PricedItem[]
  readonly totals: Totals
  readonly used: readonly Deduction[]
}

async function write(tx: Transaction, placing: Placing, { items, totals, used }: Priced, now: Date) {
  const { buyer_id, key_hash, ip, user_agent, wanted } = placing
  const isExclusive = items.some((item) => item.is_exclusive)
  const expires_at = later(now, isExclusive ? exclusiveMs : otherMs)
  const orderId = await insertOrder(
    tx,
    {
      buyer_id,
      currency: items[0]!.currency,
      ...totals,
      discount_code: wanted.discount_code ?? null,
      key_hash,
      buyer_ip: ip || null,
      buyer_user_agent: user_agent,
      expires_at,
      completion_due_at: totals.total_amount === 0 ? later(now, completionGraceMs) : null,
    },
    now,
  )
  const ids = await insertItems(tx, orderId, items)
  const claims = items.flatMap(({ track_id, is_exclusive }, at) =>
    is_exclusive && track_id !== null ? [{ order_item_id: ids[at]!, track_id }] : [],
  )
  if (claims.length > 0) await reserveTracks(tx, claims, expires_at, now)
  if (used.length > 0) await useDiscount(tx, used, now)
  const offers = items.flatMap(({ offer_id }) => offer_id ?? [])
  if (offers.length > 0) await orderOffers(tx, orderId, offers, now)
  await addToOutbox(tx, 'order.created', { order_id: orderId })
  return orderId
}
