import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { currency } from '../money/currencies.ts'

const share = z.object({
  user_id: z.uuid(),
  split_bps: z.int(),
  amount: z.int(),
  /** What refunds and lost disputes took back of it. */
  reversed_amount: z.int(),
  status: z.enum(['pending', 'available', 'held']),
})

export const sale = z.object({
  /** Of the item that was ordered. */
  id: z.uuid(),
  order_id: z.uuid(),
  order_number: z.int(),
  order_status: z.string(),
  buyer_id: z.uuid(),
  product_id: z.uuid(),
  tier_id: z.uuid(),
  kind: z.enum(['track_license', 'sample_pack', 'service']),
  title: z.string(),
  tier_name: z.string(),
  currency: z.string(),
  price_amount: z.int(),
  discount_amount: z.int(),
  refunded_amount: z.int(),
  fee_amount: z.int(),
  fee_refunded_amount: z.int(),
  shares: z.array(share),
  /** When the shares can be paid out; null where nothing was to pay. */
  releases_at: z.nullable(timestamp),
  paid_at: timestamp,
})
export type Sale = z.output<typeof sale>

export const salePage = page(sale)

export const listSales = z.strictObject({
  ...pageQuery.shape,
  product_id: z.optional(id),
  currency: z.optional(currency),
})
export type ListSales = z.output<typeof listSales>

/** gross − refunded = fees + shared + earned. */
export const salesFigures = {
  currency: z.string(),
  /** Items paid for in the period. */
  sale_count: z.int(),
  /** What was paid for them, discounts taken off. */
  gross_amount: z.int(),
  /** What went back to customers in the period, by refunds and lost disputes, of whatever was ever sold. */
  refunded_amount: z.int(),
  /** The platform's part of both. */
  fee_amount: z.int(),
  /** That of others on the split sheets. */
  shared_amount: z.int(),
  /** The seller's own. */
  earned_amount: z.int(),
}

export const salesSummary = z.object({
  from: timestamp,
  to: timestamp,
  /** In which the days are. */
  time_zone: z.literal('UTC'),
  totals: z.array(z.object(salesFigures)),
  by_product: z.array(z.object({ product_id: z.uuid(), title: z.string(), ...salesFigures })),
  by_day: z.array(z.object({ day: z.iso.date(), ...salesFigures })),
})
export type SalesSummary = z.output<typeof salesSummary>

export const summarizeSales = z.strictObject({
  /** Thirty days before the end, unless said otherwise. */
  from: z.optional(timestamp),
  /** Not included; now, unless said otherwise. */
  to: z.optional(timestamp),
  product_id: z.optional(id),
})
export type SummarizeSales = z.output<typeof summarizeSales>
