import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import type { EventHandlers } from './event-runner.ts'
import { sendToStripeQueue } from './messages.ts'
import type { Dispute, Intent, Refund, StripePort } from './port.ts'
import { findOpenOrder, findOpenPayout, listOpenPayouts, takeOpenOrders } from './reconcile-repository.ts'

export interface ReconciliationSweepDependencies {
  readonly sql: Sql
  readonly stripeQueue: Pick<JobQueue, 'send'>
}

/** Has the worker ask Stripe of what a lost event may have left open. */
export function createReconciliationSweep({ sql, stripeQueue }: ReconciliationSweepDependencies) {
  return {
    async orders(now: Date): Promise<number> {
      const orders = await takeOpenOrders(sql, now)
      if (orders.length > 0) await sendToStripeQueue(stripeQueue, orders)
      return orders.length
    },

    /** All at once: there are few, unless the bank of all is slow. */
    async payouts(now: Date): Promise<number> {
      const payouts = await listOpenPayouts(sql, now)
      if (payouts.length > 0) await sendToStripeQueue(stripeQueue, payouts)
      return 0
    },
  }
}

export interface ReconciliationDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'retrieveIntent' | 'listRefunds' | 'listDisputes' | 'listTransfers'>
  readonly settleIntent: (intent: Intent) => Promise<void>
  readonly settleOrder: (orderId: string) => Promise<void>
  readonly settleRefund: (refund: Refund) => Promise<void>
  readonly settleDispute: (dispute: Dispute) => Promise<void>
  /** Ends refunds that Stripe knows nothing of, and asks again for those that have to be. */
  readonly mendRefunds: (orderId: string, known: readonly Refund[]) => Promise<void>
  readonly refresh: Pick<EventHandlers, 'transfer' | 'payout'>
}

/** Everything that Stripe knows of an order or a payout, settled as if it had just been told. */
export function createReconciliation(dependencies: ReconciliationDependencies) {
  const { sql, stripe, settleIntent, settleOrder, settleRefund, settleDispute } = dependencies
  const { mendRefunds, refresh } = dependencies

  async function settlePayment(orderId: string, paymentIntentId: string) {
    const intent = await stripe.retrieveIntent(paymentIntentId)
    await settleIntent(intent)
    if (intent.status !== 'succeeded') return
    const refunds = await stripe.listRefunds(paymentIntentId)
    for (const refund of refunds) await settleRefund(refund)
    for (const dispute of await stripe.listDisputes(paymentIntentId)) await settleDispute(dispute)
    await mendRefunds(orderId, refunds)
  }

  return {
    async order(id: string): Promise<void> {
      const order = await findOpenOrder(sql, id)
      if (order?.payment_intent_id) await settlePayment(id, order.payment_intent_id)
      if (order) await settleOrder(id)
    },

    async payout(id: string): Promise<void> {
      const payout = await findOpenPayout(sql, id)
      if (!payout) return
      const { stripe_transfer_id, stripe_payout_id, stripe_account_id } = payout
      if (!stripe_transfer_id) {
        for (const { id: object_id } of await stripe.listTransfers(id)) await refresh.transfer(of(object_id))
      } else if (stripe_payout_id && stripe_account_id) {
        await refresh.payout(of(stripe_payout_id, stripe_account_id))
      }
    },
  }
}

const of = (object_id: string, account_id: string | null = null) => ({ object_id, account_id })
