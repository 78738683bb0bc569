import * as z from 'zod/mini'
import { discountCode } from '../discounts/schemas.ts'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { amount } from '../money/currencies.ts'

export const orderStatus = z.enum([
  'requires_payment',
  'paid',
  'completed',
  'cancelled',
  'expired',
  'partially_refunded',
  'refunded',
  'disputed',
])
export type OrderStatus = z.output<typeof orderStatus>

const orderItem = z.object({
  id: z.uuid(),
  product_id: z.uuid(),
  tier_id: z.uuid(),
  seller_id: z.uuid(),
  track_id: z.nullable(z.uuid()),
  kind: z.enum(['track_license', 'sample_pack', 'service']),
  title: z.string(),
  tier_name: z.string(),
  is_exclusive: z.boolean(),
  price_amount: z.int(),
  discount_amount: z.int(),
  refunded_amount: z.int(),
  /** Once the order is completed. */
  license_id: z.nullable(z.uuid()),
})

export const order = z.object({
  id: z.uuid(),
  /** Given when it is paid, without gaps. */
  number: z.nullable(z.int()),
  status: orderStatus,
  buyer_id: z.uuid(),
  /** For a seller only theirs, and the amounts are of these. */
  items: z.array(orderItem),
  currency: z.string(),
  subtotal_amount: z.int(),
  discount_amount: z.int(),
  total_amount: z.int(),
  refunded_amount: z.int(),
  discount_code: z.nullable(z.string()),
  /** Null for what is free. The secret is told to the buyer alone, as long as the order can be paid. */
  payment: z.nullable(z.object({ payment_intent_id: z.string(), client_secret: z.nullable(z.string()) })),
  expires_at: timestamp,
  paid_at: z.nullable(timestamp),
  completed_at: z.nullable(timestamp),
  /** `exclusive_conflict` or `late_payment`, where what was paid is given back for that. */
  end_reason: z.nullable(z.string()),
  revision: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Order = z.output<typeof order>

export const orderPage = page(order)

const wanted = z
  .strictObject({
    product_id: id,
    tier_id: id,
    /** One that was accepted: the price is what was agreed on. */
    offer_id: z.optional(id),
    /** Of a tier whose price is open: what the buyer gives. Left out: the least. */
    price_amount: z.optional(amount),
  })
  .check(
    z.refine(({ offer_id, price_amount }) => offer_id === undefined || price_amount === undefined, {
      path: ['price_amount'],
      message: 'Its price was agreed on',
      params: { code: 'one_of' },
    }),
  )
export type Wanted = z.output<typeof wanted>

const hasNoTwins = (items: readonly Wanted[]) =>
  new Set(items.map((item) => item.tier_id)).size === items.length

export const createOrder = z.strictObject({
  items: z.array(wanted).check(
    z.minLength(1),
    z.maxLength(50),
    z.refine(hasNoTwins, {
      message: 'Each tier can be ordered once',
      params: { code: 'duplicate_item' },
    }),
  ),
  discount_code: z.optional(discountCode),
  /** Of a refusal as `duplicate_purchase` or `already_owned`: it is meant. */
  confirm_token: z.optional(z.string().check(z.maxLength(100))),
  /** What the buyer was shown; nothing is ordered at any other price. */
  expected_total_amount: z.optional(amount),
})
export type CreateOrder = z.output<typeof createOrder>

export const orderParams = z.object({ order_id: id })

export const listOrders = z.strictObject({ ...pageQuery.shape, status: z.optional(orderStatus) })
export type ListOrders = z.output<typeof listOrders>
