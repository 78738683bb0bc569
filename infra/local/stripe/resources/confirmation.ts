import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { randomText } from '../ids.ts'
import { badRequest, StripeProblem } from '../wire/error.ts'
import { boolean, text } from '../wire/params.ts'
import { createCharge, settleCharge } from './charges.ts'
import { behaviourOf, usePaymentMethod } from './payment-methods.ts'
import type { Decline } from './test-cards.ts'

export const confirmParams = {
  error_on_requires_action: z.optional(boolean),
  off_session: z.optional(boolean),
  payment_method: z.optional(text),
  return_url: z.optional(text),
  // Sent by Stripe.js and by calls for bank debits; nothing depends on them here.
  mandate_data: z.optional(z.looseObject({})),
  use_stripe_sdk: z.optional(boolean),
}

type ConfirmParams = Partial<z.output<z.ZodMiniObject<typeof confirmParams>>>

const authenticationRequired: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

const authenticationFailed: Decline = {
  code: 'payment_intent_authentication_failure',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
}

/** Tries to take the money. A decline is an error to the caller, and what it changed stays changed. */
export function confirm(
  context: Context,
  intent: Stripe.PaymentIntent,
  { payment_method, return_url, off_session, error_on_requires_action }: ConfirmParams,
): Stripe.PaymentIntent {
  refuseConfirmed(intent)
  const wanted = payment_method ?? intent.payment_method
  if (typeof wanted !== 'string') throw missingMethod(intent)
  const method = usePaymentMethod(context, wanted)
  checkType(intent, method)
  const confirmed = { ...intent, payment_method: method.id, last_payment_error: null }
  const { authenticates } = behaviourOf(context, method.id)
  if (!authenticates) return pay(context, confirmed, method)
  if (off_session || error_on_requires_action) {
    throw cardError(decline(context, confirmed, method, authenticationRequired), authenticationRequired)
  }
  return context.change<'payment_intent'>(
    confirmed,
    { next_action: nextAction(context, intent, return_url), status: 'requires_action' },
    'payment_intent.requires_action',
  )
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

const debitFailed: Decline = {
  code: 'charge_exceeds_source_limit',
  message: 'The debit was refused by the bank.',
}

function pay(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.PaymentIntent {
  const { decline: refusal } = behaviourOf(context, method.id)
  if (method.type === 'us_bank_account') return process(context, intent, method)
  if (refusal) throw cardError(decline(context, intent, method, refusal), refusal)
  return succeed(context, intent, method)
}

function succeed(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.PaymentIntent {
  const charge = createCharge(context, { intent, method, status: 'succeeded' })
  return finish(context, intent, settleCharge(context, charge, intent))
}

function finish(context: Context, intent: Stripe.PaymentIntent, charge: Stripe.Charge): Stripe.PaymentIntent {
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
function process(
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

function decline(
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

function fail(
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

function cardError(intent: Stripe.PaymentIntent, refusal: Decline): StripeProblem {
  const { charge, payment_method } = intent.last_payment_error!
  return new StripeProblem(402, {
    type: 'card_error',
    ...refusal,
    ...(charge !== undefined && { charge }),
    payment_intent: intent,
    payment_method,
  })
}

function nextAction(
  context: Context,
  { id }: Stripe.PaymentIntent,
  return_url: string | undefined,
): Stripe.PaymentIntent.NextAction {
  const query = return_url === undefined ? '' : `?${new URLSearchParams({ return_url })}`
  const url = `${context.url}/authenticate/${id}${query}`
  return return_url === undefined
    ? {
        type: 'use_stripe_sdk',
        use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url, source: `src_${randomText(24)}` },
      }
    : { type: 'redirect_to_url', redirect_to_url: { return_url, url } }
}

function refuseConfirmed(intent: Stripe.PaymentIntent): void {
  const { status } = intent
  if (
    status === 'requires_payment_method' ||
    status === 'requires_confirmation' ||
    status === 'requires_action'
  )
    return
  const why =
    status === 'succeeded'
      ? 'because it has already succeeded after being previously confirmed.'
      : `because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.`
  throw badRequest(`You cannot confirm this PaymentIntent ${why}`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: intent,
  })
}

const missingMethod = (intent: Stripe.PaymentIntent) =>
  badRequest(
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
    { code: 'payment_intent_unexpected_state', payment_intent: intent },
  )

function checkType(intent: Stripe.PaymentIntent, { type }: Stripe.PaymentMethod): void {
  const isKnown = intent.payment_method_types.includes(type)
  if (isKnown && (type !== 'us_bank_account' || intent.currency === 'usd')) return
  throw badRequest(
    `The PaymentMethod provided (${type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${intent.payment_method_types.join(', ')}.`,
    { code: 'payment_intent_invalid_parameter', param: 'payment_method', payment_intent: intent },
  )
}
