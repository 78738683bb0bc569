import type Stripe from 'stripe'
import type { Context } from '../context.ts'
import { StripeProblem } from '../wire/error.ts'
import { createCharge, settleCharge } from './charges.ts'
import type { Decline } from './test-cards.ts'

export function succeed(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.PaymentIntent {
  const charge = createCharge(context, { intent, method, status: 'succeeded' })
  return finish(context, intent, settleCharge(context, charge, intent))
}

export function finish(
  context: Context,
  intent: Stripe.PaymentIntent,
  charge: Stripe.Charge,
): Stripe.PaymentIntent {
  context.emit('charge.succeeded', charge)
  return context.change<'payment_intent'>(
    intent,
    {
      amount_received: intent.amount,
      latest_charge: charge.id,
      next_action: null,
      processing: null,
      status: 'succeeded',
    },
    'payment_intent.succeeded',
  )
}

/** A bank debit takes days, and is told of then. */
export function process(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.PaymentIntent {
  const charge = createCharge(context, { intent, method, status: 'pending' })
  context.emit('charge.pending', charge)
  return context.change<'payment_intent'>(
    intent,
    { latest_charge: charge.id, next_action: null, status: 'processing' },
    'payment_intent.processing',
  )
}

export function decline(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  refusal: Decline,
  { isCharged = true } = {},
): Stripe.PaymentIntent {
  if (!isCharged) return fail(context, intent, method, refusal)
  const charge = createCharge(context, { intent, method, status: 'failed', decline: refusal })
  context.emit('charge.failed', charge)
  return fail(context, intent, method, refusal, charge.id)
}

export function fail(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  refusal: Decline,
  charge?: string,
): Stripe.PaymentIntent {
  const last_payment_error = {
    ...refusal,
    ...(charge !== undefined && { charge }),
    doc_url: `https://stripe.com/docs/error-codes/${refusal.code.replaceAll('_', '-')}`,
    payment_method: method,
    type: 'card_error',
  } as Stripe.PaymentIntent.LastPaymentError
  return context.change<'payment_intent'>(
    intent,
    {
      last_payment_error,
      ...(charge !== undefined && { latest_charge: charge }),
      next_action: null,
      payment_method: null,
      processing: null,
      status: 'requires_payment_method',
    },
    'payment_intent.payment_failed',
  )
}

export function cardError(intent: Stripe.PaymentIntent, refusal: Decline): StripeProblem {
  const { charge, payment_method } = intent.last_payment_error!
  return new StripeProblem(402, {
    type: 'card_error',
    ...refusal,
    ...(charge !== undefined && { charge }),
    payment_intent: intent,
    payment_method,
  })
}
