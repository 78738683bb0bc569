import type { EventHandlers } from './event-runner.ts'
import type { Dispute, Intent, Refund, StripePort } from './port.ts'

export interface EventHandlerDependencies {
  readonly stripe: Pick<
    StripePort,
    'retrieveIntent' | 'retrieveCharge' | 'retrieveRefund' | 'listRefunds' | 'retrieveDispute'
  >
  readonly settleIntent: (intent: Intent) => Promise<void>
  readonly settleRefund: (refund: Refund) => Promise<void>
  readonly settleDispute: (dispute: Dispute) => Promise<void>
  readonly refreshAccount: (accountId: string) => Promise<void>
  readonly refreshTransfer: EventHandlers['transfer']
  readonly refreshPayout: EventHandlers['payout']
}

/** What is done on each event: its object is read anew, and settled as it is now. */
export function createEventHandlers(dependencies: EventHandlerDependencies): EventHandlers {
  const { stripe, settleIntent, settleRefund, settleDispute } = dependencies
  const { refreshAccount, refreshTransfer, refreshPayout } = dependencies

  const settlePayment = async (id: string) => settleIntent(await stripe.retrieveIntent(id))

  return {
    payment: ({ object_id }) => settlePayment(object_id),
    /** Tells of the fee, when it is known, and of refunds. */
    async charge({ object_id }) {
      const { payment_intent_id, amount_refunded } = await stripe.retrieveCharge(object_id)
      if (payment_intent_id === null) return
      await settlePayment(payment_intent_id)
      if (amount_refunded === 0) return
      for (const refund of await stripe.listRefunds(payment_intent_id)) await settleRefund(refund)
    },
    refund: async ({ object_id }) => settleRefund(await stripe.retrieveRefund(object_id)),
    dispute: async ({ object_id }) => settleDispute(await stripe.retrieveDispute(object_id)),
    account: ({ object_id }) => refreshAccount(object_id),
    transfer: refreshTransfer,
    payout: refreshPayout,
  }
}
