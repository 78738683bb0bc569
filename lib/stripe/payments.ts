import type { Sql } from '../db/client.ts'
import type { Intent, StripePort } from './port.ts'

/** Has the order of a payment be what Stripe says of that payment. */
export type SettlePayment = (paymentIntentId: string) => Promise<void>

export interface PaymentDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'retrieveIntent'>
  readonly settleIntent: (intent: Intent) => Promise<void>
}

/**
 * For what is taken back of a payment, by a refund or a dispute: the payment itself comes first, whatever Stripe told
 * first.
 */
export function createPaymentFirst({ sql, stripe, settleIntent }: PaymentDependencies): SettlePayment {
  return async (paymentIntentId) => {
    const [settled] = await sql`
      select from orders
      where payment_intent_id = ${paymentIntentId} and paid_at is not null and status <> 'paid'
    `
    if (!settled) await settleIntent(await stripe.retrieveIntent(paymentIntentId))
  }
}
