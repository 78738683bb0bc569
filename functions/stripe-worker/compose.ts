import type { LoadKeys } from '../../lib/auth/key-ring.ts'
import type { JobQueue } from '../../lib/aws/job-queue.ts'
import type { ObjectStore } from '../../lib/aws/object-store.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createEvidenceCalls } from '../../lib/disputes/evidence-calls.ts'
import { createDisputeSettlement } from '../../lib/disputes/settlement.ts'
import { createCancelCall } from '../../lib/orders/cancel-call.ts'
import { createSettlement } from '../../lib/orders/settlement.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { createPayoutCalls } from '../../lib/payouts/calls.ts'
import { createPayoutRefresh } from '../../lib/payouts/refresh.ts'
import { createRefundCall } from '../../lib/refunds/calls.ts'
import { createRefundMending } from '../../lib/refunds/mending.ts'
import { createRefundSettlement } from '../../lib/refunds/settlement.ts'
import { createAccountRefresh } from '../../lib/sellers/refresh.ts'
import { createComparison } from '../../lib/stripe/balance.ts'
import { createCallRunner } from '../../lib/stripe/call-runner.ts'
import { createEventHandlers } from '../../lib/stripe/event-handlers.ts'
import { createEventRunner } from '../../lib/stripe/event-runner.ts'
import { stripeMessage } from '../../lib/stripe/messages.ts'
import { createPaymentFirst } from '../../lib/stripe/payments.ts'
import type { StripePort } from '../../lib/stripe/port.ts'
import { createReconciliation } from '../../lib/stripe/reconcile.ts'

export interface StripeWorkerDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly stripe: StripePort
  readonly stripeQueue: Pick<JobQueue, 'send'>
  readonly licenseKeys: LoadKeys
  /** Where statements go. */
  readonly exports: Pick<ObjectStore, 'put'>
  readonly settings: { readonly apiUrl: string }
  readonly now?: () => Date
}

/** What becomes of a message of the queue `stripe`. */
export function composeStripeWorker(given: StripeWorkerDependencies) {
  const settle = composeSettling(given)
  const refresh = createPayoutRefresh(given)
  const handlers = createEventHandlers({
    ...given,
    ...settle,
    ...refresh,
    refreshAccount: createAccountRefresh(given),
  })
  const runEvent = createEventRunner({ ...given, handlers })
  const runCall = createCallRunner({
    ...given,
    handlers: {
      ...createPayoutCalls(given),
      ...createEvidenceCalls(given),
      refund: createRefundCall({ ...given, ...settle }),
      cancel_intent: createCancelCall({ ...given, ...settle }),
    },
  })
  const mendRefunds = createRefundMending(given)
  const reconcile = createReconciliation({ ...given, ...settle, mendRefunds, refresh: handlers })
  const compare = createComparison({ ...given, handlers })

  return async (body: unknown): Promise<void> => {
    const message = stripeMessage.parse(body)
    if ('event_id' in message) await runEvent(message.event_id)
    else if ('call_id' in message) await runCall(message.call_id)
    else if ('order_id' in message) await reconcile.order(message.order_id)
    else if ('payout_id' in message) await reconcile.payout(message.payout_id)
    else await compare(message.balance)
    await given.relay.flushSoon()
  }
}

/** From a payment to all that is taken back of it. */
function composeSettling(given: StripeWorkerDependencies) {
  const { settleIntent, settleOrder } = createSettlement(given)
  const settlePayment = createPaymentFirst({ ...given, settleIntent })
  return {
    settleIntent,
    settleOrder,
    settleRefund: createRefundSettlement({ ...given, settlePayment }),
    settleDispute: createDisputeSettlement({ ...given, settlePayment, settleOrder }),
  }
}
