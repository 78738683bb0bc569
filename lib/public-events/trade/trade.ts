import { payoutEvents } from './payouts.ts'

/** What comes to pass in the marketplace. */
export const tradePublicEvents = [...payoutEvents] as const
