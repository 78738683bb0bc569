import { disputeEvents } from './disputes.ts'
import { downloadEvents } from './downloads.ts'
import { licenseEvents } from './licenses.ts'
import { offerEvents } from './offers.ts'
import { orderEvents } from './orders.ts'
import { payoutEvents } from './payouts.ts'
import { refundEvents } from './refunds.ts'

/** What comes to pass in the marketplace. */
export const tradePublicEvents = [
  ...orderEvents,
  ...refundEvents,
  ...disputeEvents,
  ...licenseEvents,
  ...downloadEvents,
  ...offerEvents,
  ...payoutEvents,
] as const
