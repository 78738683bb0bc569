import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import { deleteOldStripeEvents } from '../stripe/expiry.ts'
import type { Tasks } from './run-task.ts'

export interface MarketTaskDependencies {
  readonly sql: Sql
  readonly stripeQueue: Pick<JobQueue, 'send'>
}

/** Those of the marketplace. */
export const createMarketTasks = ({ sql }: MarketTaskDependencies) =>
  ({
    'expire-market': {
      stripe_events: (now) => deleteOldStripeEvents(sql, now),
    },
  }) satisfies Tasks
