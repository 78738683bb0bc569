import type Stripe from 'stripe'
import type { Context } from '../context.ts'
import { badRequest } from '../wire/error.ts'
import { settleCharge } from './charges.ts'
import { behaviourOf } from './payment-methods.ts'
import { decline, fail, finish, succeed } from './payment-outcomes.ts'
import type { Decline } from './test-cards.ts'

const authenticationFailed: Decline = {
  code: 'payment_intent_authentication_failure',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
}

const debitFailed: Decline = {
  code: 'charge_exceeds_source_limit',
  message: 'The debit was refused by the bank.',
}

/** The buyer has been asked by their bank, and did or did not prove who they are. Whoever sent them is told no error. */
export function authenticate(
  context: Context,
  intent: Stripe.PaymentIntent,
  outcome: 'succeeded' | 'failed',
): Stripe.PaymentIntent {
  if (intent.status !== 'requires_action') throw badRequest(`${intent.id} does not wait for authentication`)
  const method = context.demand('payment_method', intent.payment_method as string, 'PaymentMethod')
  if (outcome === 'failed')
    return decline(context, intent, method, authenticationFailed, { isCharged: false })
  const { decline: refusal } = behaviourOf(context, method.id)
  return refusal ? decline(context, intent, method, refusal) : succeed(context, intent, method)
}

/** The bank of a debit that was under way has answered. */
export function settleProcessing(
  context: Context,
  intent: Stripe.PaymentIntent,
  outcome: 'succeeded' | 'failed' | undefined,
): Stripe.PaymentIntent {
  if (intent.status !== 'processing') throw badRequest(`${intent.id} is not processing`)
  const method = context.demand('payment_method', intent.payment_method as string, 'PaymentMethod')
  const { decline: refusal } = behaviourOf(context, method.id)
  const failure =
    outcome === 'failed' ? (refusal ?? debitFailed) : outcome === 'succeeded' ? undefined : refusal
  const charge = context.demand('charge', intent.latest_charge as string)
  if (!failure) {
    const paid = context.change<'charge'>(charge, { paid: true, status: 'succeeded' })
    return finish(context, intent, settleCharge(context, paid, intent))
  }
  context.change<'charge'>(
    charge,
    { captured: false, failure_code: failure.code, failure_message: failure.message, status: 'failed' },
    'charge.failed',
  )
  return fail(context, intent, method, failure, charge.id)
}
