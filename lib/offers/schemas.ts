import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { positiveAmount } from '../money/currencies.ts'
import { person } from '../users/person.ts'

export const offerStatus = z.enum([
  'open',
  'countered',
  'accepted',
  'declined',
  'withdrawn',
  'expired',
  'ordered',
])
export type OfferStatus = z.output<typeof offerStatus>

export const offer = z.object({
  id: z.uuid(),
  product_id: z.uuid(),
  tier_id: z.uuid(),
  title: z.string(),
  tier_name: z.string(),
  buyer: person,
  seller: person,
  /** What the buyer would pay. */
  amount: z.int(),
  /** What the seller would take instead. */
  counter_amount: z.nullable(z.int()),
  currency: z.string(),
  message: z.string(),
  status: offerStatus,
  /** Until when it can be answered. */
  expires_at: timestamp,
  accepted_at: z.nullable(timestamp),
  /** Until when it can be ordered for what was agreed on. */
  payable_until: z.nullable(timestamp),
  order_id: z.nullable(z.uuid()),
  revision: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Offer = z.output<typeof offer>

export const offerPage = page(offer)

export const makeOffer = z.strictObject({
  product_id: id,
  tier_id: id,
  amount: positiveAmount,
  message: z._default(z.string().check(z.trim(), z.maxLength(500)), ''),
})
export type MakeOffer = z.output<typeof makeOffer>

export const counterOffer = z.strictObject({ amount: positiveAmount })

export const offerParams = z.object({ offer_id: id })

export const listOffers = z.strictObject({
  ...pageQuery.shape,
  role: z._default(z.enum(['buyer', 'seller']), 'buyer'),
  status: z.optional(offerStatus),
})
export type ListOffers = z.output<typeof listOffers>
