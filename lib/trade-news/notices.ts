import * as z from 'zod/mini'
import type { NotificationKind } from '../notifications/kinds.ts'

interface Notice {
  /** What it is in the application; it is told by mail alone where there is none. */
  readonly kind?: NotificationKind
  /** Whether the user's choice for that kind decides about the mail, which is sent in any case otherwise. */
  readonly isChosen?: boolean
}

/** What people are told of the marketplace, by the name of the letter. */
export const tradeNotices = {
  /** Of an order. */
  receipt: {},
  sale: { kind: 'sale', isChosen: true },
  exclusive_conflict: { kind: 'refund' },
  /** Of a refund. */
  refund: { kind: 'refund' },
  refund_of_sale: { kind: 'refund', isChosen: true },
  /** Of a dispute: the first two to whoever earns of the order, the others to its buyer. */
  dispute_opened: {},
  dispute_closed: {},
  licenses_frozen: {},
  licenses_decided: {},
  /** Of an item by which a track was sold exclusively: to whoever earns of it, and to who had licences before. */
  exclusive_sold: { kind: 'exclusive_sold', isChosen: true },
  exclusive_taken: { kind: 'exclusive_sold' },
  /** Of an offer, to the other side; that one was declined is not mailed. */
  offer_made: { kind: 'offer', isChosen: true },
  offer_countered: { kind: 'offer', isChosen: true },
  offer_accepted: { kind: 'offer', isChosen: true },
  offer_declined: { kind: 'offer', isChosen: true },
  /** Of a payout. */
  payout_created: { kind: 'payout', isChosen: true },
  payout_paid: { kind: 'payout', isChosen: true },
  payout_failed: { kind: 'payout' },
} as const satisfies Readonly<Record<string, Notice>>

export type TradeNotice = keyof typeof tradeNotices

export const noticeOf = (name: TradeNotice): Notice => tradeNotices[name]

export const tradeMail = z.object({
  notice: z.enum(Object.keys(tradeNotices) as [TradeNotice, ...TradeNotice[]]),
  user_id: z.uuid(),
  subject_id: z.uuid(),
})
export type TradeMail = z.output<typeof tradeMail>
