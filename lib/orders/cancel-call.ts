import type { Sql } from '../db/client.ts'
import type { CallHandler } from '../stripe/calls.ts'
import { StripeRefusal } from '../stripe/errors.ts'
import type { StripePort } from '../stripe/port.ts'
import { findOrderRow } from './repository.ts'
import type { Settlement } from './settlement.ts'

export interface CancelCallDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'cancelIntent' | 'retrieveIntent'>
  readonly settleIntent: Settlement['settleIntent']
}

/** Ends the payment of an order. Where Stripe refuses that, it says what has come before. */
export const createCancelCall =
  ({ sql, stripe, settleIntent }: CancelCallDependencies): CallHandler =>
  async (orderId, key) => {
    const id = (await findOrderRow(sql, orderId))?.payment_intent_id
    if (!id) return { result_id: null }
    const intent = await stripe.cancelIntent(id, key).catch((error: unknown) => {
      if (error instanceof StripeRefusal) return stripe.retrieveIntent(id)
      throw error
    })
    await settleIntent(intent)
    return { result_id: id }
  }
