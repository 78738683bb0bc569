import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { currency, mostAmount } from '../money/currencies.ts'

export const payout = z.object({
  id: z.uuid(),
  amount: z.int(),
  currency: z.string(),
  /** `in_transit` is on its way to the bank; `failed` and transferred: with Stripe, for another try. */
  status: z.enum(['pending', 'in_transit', 'paid', 'failed']),
  is_transferred: z.boolean(),
  failed_reason: z.nullable(z.string()),
  origin: z.enum(['schedule', 'seller']),
  has_statement: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp,
  settled_at: z.nullable(timestamp),
})
export type Payout = z.output<typeof payout>

export const payoutPage = page(payout)

export const requestPayout = z.strictObject({
  /** Needed where money of several currencies is available. */
  currency: z.optional(currency),
  /** All that is available, unless said otherwise. */
  amount: z.optional(z.int().check(z.positive(), z.maximum(mostAmount))),
})
export type RequestPayout = z.output<typeof requestPayout>

export const payoutParams = z.object({ payout_id: id })

export const listPayouts = pageQuery

export const statementLink = z.object({ url: z.url(), expires_at: timestamp })
export type StatementLink = z.output<typeof statementLink>
