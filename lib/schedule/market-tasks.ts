import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import { stageEvidence, submitDueEvidence } from '../disputes/evidence-schedule.ts'
import { checkMoney } from '../ledger/check.ts'
import { releaseDueShares } from '../ledger/release.ts'
import { deleteOldDownloads } from '../licenses/downloads-expiry.ts'
import { deleteOldVerifications } from '../licenses/verifications-expiry.ts'
import { expireOffers } from '../offers/expiry.ts'
import { deleteOldConfirmations } from '../orders/confirmations.ts'
import { clearOldOrigins } from '../orders/origins.ts'
import { completeOrders, expireOrders, lapseClaims } from '../orders/sweep.ts'
import { repeatGivenUpCalls, retryBankPayouts } from '../payouts/retries.ts'
import { payDueSellers } from '../payouts/weekly.ts'
import { createBalanceCheck } from '../stripe/balance.ts'
import { deleteOldStripeEvents } from '../stripe/expiry.ts'
import { createReconciliationSweep } from '../stripe/reconcile.ts'
import { createStripeSweep } from '../stripe/sweep.ts'
import type { Tasks } from './run-task.ts'

export interface MarketTaskDependencies {
  readonly sql: Sql
  readonly stripeQueue: Pick<JobQueue, 'send'>
}

/** Those of the marketplace. */
export const createMarketTasks = ({ sql, stripeQueue }: MarketTaskDependencies) =>
  ({
    'expire-orders': {
      claims: (now) => lapseClaims(sql, now),
      orders: (now) => expireOrders(sql, now),
      confirmations: (now) => deleteOldConfirmations(sql, now),
    },
    'expire-offers': {
      offers: (now) => expireOffers(sql, now),
    },
    'complete-orders': {
      orders: (now) => completeOrders({ sql, stripeQueue }, now),
    },
    'answer-disputes': {
      unheard: (now) => stageEvidence(sql, now),
      due: (now) => submitDueEvidence(sql, now),
    },
    'expire-market': {
      downloads: (now) => deleteOldDownloads(sql, now),
      stripe_events: (now) => deleteOldStripeEvents(sql, now),
      order_origins: (now) => clearOldOrigins(sql, now),
      verifications: (now) => deleteOldVerifications(sql, now),
    },
    'release-earnings': {
      shares: (now) => releaseDueShares(sql, now),
    },
    'pay-sellers': {
      payouts: (now) => payDueSellers(sql, now),
    },
    'retry-payouts': {
      sent_back: (now) => retryBankPayouts(sql, now),
      given_up: (now) => repeatGivenUpCalls(sql, now),
    },
    'check-money': {
      breaches: () => checkMoney(sql),
    },
    'resend-stripe': createStripeSweep({ sql, stripeQueue }),
    'reconcile-orders': createReconciliationSweep({ sql, stripeQueue }),
    'compare-balance': {
      transactions: createBalanceCheck({ sql, stripeQueue }),
    },
  }) satisfies Tasks
