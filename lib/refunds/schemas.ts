import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'
import { positiveAmount } from '../money/currencies.ts'

/** `exclusive_conflict` and `late_payment` are ours: what was paid for cannot be had. */
export const refundReason = z.enum([
  'requested_by_customer',
  'duplicate',
  'fraudulent',
  'exclusive_conflict',
  'late_payment',
  'other',
])
export type RefundReason = z.output<typeof refundReason>

export const refund = z.object({
  id: z.uuid(),
  order_id: z.uuid(),
  /** Of the items that are shown: a seller sees their own. */
  amount: z.int(),
  currency: z.string(),
  reason: refundReason,
  note: z.string(),
  /** `pending` until Stripe has it done; what `failed` can be given back again. */
  status: z.enum(['pending', 'succeeded', 'failed']),
  failed_reason: z.nullable(z.string()),
  items: z.array(z.object({ order_item_id: z.uuid(), amount: z.int() })),
  created_at: timestamp,
  settled_at: z.nullable(timestamp),
})
export type RefundView = z.output<typeof refund>

export const refundPage = page(refund)

const part = z.strictObject({ order_item_id: id, amount: z.optional(positiveAmount) })
export type RefundPart = z.output<typeof part>

const hasNoTwins = (items: readonly RefundPart[]) =>
  new Set(items.map((item) => item.order_item_id)).size === items.length

export const createRefund = z
  .strictObject({
    /** Each whole unless an amount is given. */
    items: z.optional(
      z.array(part).check(
        z.minLength(1),
        z.maxLength(50),
        z.refine(hasNoTwins, {
          message: 'Each item can be named once',
          params: { code: 'duplicate_item' },
        }),
      ),
    ),
    /** Of all items in proportion. Without either, all that is left. */
    amount: z.optional(positiveAmount),
    reason: z.enum(['requested_by_customer', 'duplicate', 'fraudulent', 'other']),
    note: z._default(z.string().check(z.trim(), z.maxLength(1_000)), ''),
  })
  .check(
    z.refine(({ items, amount }) => items === undefined || amount === undefined, {
      message: 'Either items or an amount',
      path: ['amount'],
      params: { code: 'ambiguous' },
    }),
  )
export type CreateRefund = z.output<typeof createRefund>

export const orderParams = z.object({ order_id: id })
