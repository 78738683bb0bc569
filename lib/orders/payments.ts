import type { Sql } from '../db/client.ts'
import { unavailable } from '../errors.ts'
import { requestCall } from '../stripe/calls.ts'
import { SpentKeyError, StripeRefusal } from '../stripe/errors.ts'
import type { StripePort } from '../stripe/port.ts'
import { markIntent, type OrderRow, raiseAttempt } from './repository.ts'

/**
 * Asks Stripe for what the buyer pays with. Called again after any failure it asks with the same key, and so for the
 * same payment; with another one only where the answer to the last is a refusal for good.
 */
export async function requestPayment(
  { sql, stripe }: { readonly sql: Sql; readonly stripe: Pick<StripePort, 'createIntent'> },
  { id: order_id, total_amount: amount, currency, intent_attempt: attempt }: OrderRow,
  now: () => Date,
): Promise<void> {
  const intent = await stripe
    .createIntent({ order_id, amount, currency }, `order:${order_id}:intent:${attempt}`)
    .catch(async (error: unknown) => {
      if (!(error instanceof StripeRefusal || error instanceof SpentKeyError)) throw error
      await raiseAttempt(sql, order_id, attempt)
      throw unavailable(error)
    })
  await sql.beginIdempotent(async (tx) => {
    const status = await markIntent(tx, order_id, intent, now())
    // It ended while Stripe was asked: nobody is to pay for it.
    if (status === 'cancelled' || status === 'expired')
      await requestCall(tx, 'cancel_intent', order_id, now())
  })
}
