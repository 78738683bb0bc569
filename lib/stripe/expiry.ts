import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'

/** Stripe sends an event again for three days, and lists those of 30. */
const keptMs = 35 * dayMs

/** Forgets what has been handled, once nobody can send it anew. */
export const deleteOldStripeEvents = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'stripe_events', key: 'id', isOver: db`processed_at < ${earlier(now, keptMs)}` })
