import { logger } from '../logger.ts'
import { countMetric } from '../stripe/metrics.ts'
import type { Intent } from '../stripe/port.ts'
import type { OrderRow } from './repository.ts'

/** A payment that nobody asked for so: somebody has to look at it. */
export function recordMismatch(order: OrderRow, intent: Intent): void {
  logger.error('A payment is not the one that its order asked for', {
    order_id: order.id,
    total_amount: order.total_amount,
    currency: order.currency,
    payment_intent_id: order.payment_intent_id,
    paid: { id: intent.id, amount: intent.amount_received, currency: intent.currency },
    ...countMetric('stripe_unexpected_payment'),
  })
}
