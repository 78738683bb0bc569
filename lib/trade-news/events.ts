import * as z from 'zod/mini'

const order = z.object({ order_id: z.uuid() })
const license = z.object({ license_id: z.uuid() })
const offer = z.object({ offer_id: z.uuid() })
const payout = z.object({ payout_id: z.uuid() })

/** What comes to pass in the marketplace; the people that it concerns are told of it. */
export const tradeEvents = {
  'order.paid': order,
  'order.completed': order,
  'order.expired': order,
  'order.cancelled': order,
  'order.refunded': z.object({ order_id: z.uuid(), refund_id: z.uuid() }),
  'order.disputed': z.object({ order_id: z.uuid(), dispute_id: z.uuid() }),
  'order.dispute_closed': z.object({ order_id: z.uuid(), dispute_id: z.uuid() }),
  /** It was paid too late: somebody else has an exclusive licence that it asked for. */
  'order.exclusive_conflict': order,
  'license.issued': license,
  'license.revoked': license,
  'license.frozen': license,
  'license.restored': license,
  'offer.made': offer,
  'offer.countered': offer,
  'offer.accepted': offer,
  'offer.declined': offer,
  'payout.created': payout,
  'payout.paid': payout,
  'payout.failed': payout,
} as const

export type TradeEvent = keyof typeof tradeEvents
