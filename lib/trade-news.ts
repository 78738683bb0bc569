import type { Jobs } from './event-consumer.ts'
import type { TradeEvent } from './trade-events.ts'

const nobody = async () => {}

/** Tells people of what comes to pass in the marketplace. */
export const createTradeNews = (): Pick<Jobs, TradeEvent> => ({
  'order.paid': nobody,
  'order.completed': nobody,
  'order.expired': nobody,
  'order.cancelled': nobody,
  'order.refunded': nobody,
  'order.disputed': nobody,
  'order.dispute_closed': nobody,
  'order.exclusive_conflict': nobody,
  'license.issued': nobody,
  'license.revoked': nobody,
  'license.frozen': nobody,
  'license.restored': nobody,
  'payout.created': nobody,
  'payout.paid': nobody,
  'payout.failed': nobody,
})
