import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { randomText } from '../ids.ts'
import { badRequest } from '../wire/error.ts'
import { boolean, text } from '../wire/params.ts'
import { behaviourOf, usePaymentMethod } from './payment-methods.ts'
import { cardError, decline, process, succeed } from './payment-outcomes.ts'
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
