import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'
import { currency, mostAmount, positiveAmount } from '../money/currencies.ts'

/** Compared without case. */
export const discountCode = z
  .string()
  .check(z.trim(), z.toUpperCase(), z.regex(/^[A-Z0-9_-]{3,40}$/, 'It has 3 to 40 letters, digits, - and _'))

export const discount = z.object({
  id: z.uuid(),
  code: z.string(),
  /** One of the two: a part in basis points, or an amount of one currency. */
  percent_bps: z.nullable(z.int()),
  amount: z.nullable(z.int()),
  currency: z.nullable(z.string()),
  /** Null for all that the seller sells. */
  product_ids: z.nullable(z.array(z.uuid())),
  /** What the items that it is for must come to, in the currency of the order. */
  min_amount: z.int(),
  max_uses: z.nullable(z.int()),
  /** By orders that are paid, or waiting for it. */
  uses: z.int(),
  starts_at: timestamp,
  ends_at: z.nullable(timestamp),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Discount = z.output<typeof discount>

export const discountPage = page(discount)

const percent = z.int().check(z.minimum(1), z.maximum(10_000))
const productIds = z.nullable(
  z.array(id).check(
    z.minLength(1),
    z.maxLength(100),
    z.refine((ids) => new Set(ids).size === ids.length, {
      message: 'A product stands here twice',
      params: { code: 'duplicate' },
    }),
  ),
)
const minAmount = z.int().check(z.minimum(0), z.maximum(mostAmount))
const maxUses = z.nullable(z.int().check(z.minimum(1), z.maximum(2 ** 31 - 1)))

export const createDiscount = z
  .strictObject({
    code: discountCode,
    percent_bps: z.optional(percent),
    amount: z.optional(positiveAmount),
    currency: z.optional(currency),
    product_ids: z._default(productIds, null),
    min_amount: z._default(minAmount, 0),
    max_uses: z._default(maxUses, null),
    /** From now on, unless said. */
    starts_at: z.optional(timestamp),
    ends_at: z._default(z.nullable(timestamp), null),
  })
  .check(
    z.refine(({ percent_bps, amount }) => (percent_bps === undefined) !== (amount === undefined), {
      path: ['percent_bps'],
      message: 'A discount is a percentage or an amount',
      params: { code: 'one_of' },
    }),
    z.refine(({ amount, currency }) => (amount === undefined) === (currency === undefined), {
      path: ['currency'],
      message: 'An amount has a currency, and only an amount',
      params: { code: 'one_of' },
    }),
  )
export type CreateDiscount = z.output<typeof createDiscount>

/** A percentage stays one, and an amount stays of its currency. */
export const updateDiscount = z.strictObject({
  percent_bps: z.optional(percent),
  amount: z.optional(positiveAmount),
  product_ids: z.optional(productIds),
  min_amount: z.optional(minAmount),
  max_uses: z.optional(maxUses),
  starts_at: z.optional(timestamp),
  ends_at: z.optional(z.nullable(timestamp)),
})
export type UpdateDiscount = z.output<typeof updateDiscount>

export const discountParams = z.object({ discount_id: id })
