import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId, randomText } from '../ids.ts'
import { checkChargeAmount, checkCurrency } from '../money.ts'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'
import { boolean, integer, listParams, mergeMetadata, metadata, text } from '../wire/params.ts'
import { confirm, confirmParams } from './confirmation.ts'
import { usePaymentMethod } from './payment-methods.ts'

const described = {
  description: z.optional(text),
  metadata: z.optional(metadata),
  receipt_email: z.optional(text),
  statement_descriptor: z.optional(text),
  statement_descriptor_suffix: z.optional(text),
  transfer_group: z.optional(text),
}

const createParams = z.strictObject({
  ...described,
  amount: integer,
  currency: text,
  automatic_payment_methods: z.optional(
    z.strictObject({ enabled: boolean, allow_redirects: z.optional(z.enum(['always', 'never'])) }),
  ),
  capture_method: z.optional(z.enum(['automatic', 'automatic_async'])),
  confirm: z.optional(boolean),
  payment_method_types: z.optional(z.array(text)),
  ...confirmParams,
})

type CreateParams = z.output<typeof createParams>

function create(context: Context, params: CreateParams): Stripe.PaymentIntent {
  const { confirm: isConfirmed, payment_method, ...given } = params
  if (!isConfirmed && params.off_session !== undefined) throw onlyWithConfirm('off_session')
  if (!isConfirmed && params.return_url !== undefined) throw onlyWithConfirm('return_url')
  const intent = newIntent(context, given)
  const method = payment_method === undefined ? undefined : usePaymentMethod(context, payment_method)
  const stored: Stripe.PaymentIntent = {
    ...intent,
    payment_method: method?.id ?? null,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
  }
  context.store.insert(stored, context.account)
  context.emit('payment_intent.created', stored)
  return isConfirmed ? confirm(context, stored, params) : stored
}

function newIntent(context: Context, params: CreateParams): Stripe.PaymentIntent {
  const currency = checkCurrency(params.currency)
  checkChargeAmount(params.amount, currency)
  const id = newId('pi')
  const { automatic_payment_methods: automatic, payment_method_types: types } = params
  if (automatic?.enabled && types) {
    throw badRequest(
      'You may only specify one of these parameters: automatic_payment_methods, payment_method_types.',
    )
  }
  // Since 2023 methods are chosen automatically where a call says nothing of them.
  const isAutomatic = automatic?.enabled ?? types === undefined
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: params.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: isAutomatic
      ? { allow_redirects: automatic?.allow_redirects ?? 'always', enabled: true }
      : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${randomText(25)}`,
    confirmation_method: 'automatic',
    created: context.now(),
    currency,
    customer: null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: types ?? ['card', 'us_bank_account'],
    payment_record: null,
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: params.statement_descriptor ?? null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: params.transfer_group ?? null,
  }
}

const updateParams = z.strictObject({
  ...described,
  amount: z.optional(integer),
  currency: z.optional(text),
  payment_method: z.optional(text),
})

function update(context: Context, params: z.output<typeof updateParams>, id: string): Stripe.PaymentIntent {
  const intent = context.demand('payment_intent', id)
  const { metadata: given, amount, currency, payment_method, ...fields } = params
  const isAbout = amount ?? currency ?? payment_method
  if (isAbout !== undefined && !OPEN.has(intent.status)) {
    throw unexpectedState(
      intent,
      `This PaymentIntent's amount, currency or payment_method could not be updated because it has a status of ${intent.status}.`,
    )
  }
  const changed = {
    ...intent,
    amount: amount ?? intent.amount,
    currency: checkCurrency(currency ?? intent.currency),
  }
  checkChargeAmount(changed.amount, changed.currency)
  const method = payment_method === undefined ? undefined : usePaymentMethod(context, payment_method)
  return context.change<'payment_intent'>(intent, {
    ...(definedOf(fields) as Partial<Stripe.PaymentIntent>),
    amount: changed.amount,
    currency: changed.currency,
    metadata: mergeMetadata(intent.metadata, given),
    ...(method && { payment_method: method.id, status: 'requires_confirmation' as const }),
  })
}

const OPEN = new Set<string>(['requires_payment_method', 'requires_confirmation', 'requires_action'])

const CANCELLABLE =
  'requires_payment_method, requires_capture, requires_confirmation, requires_action, processing'

const cancelParams = z.strictObject({
  cancellation_reason: z.optional(z.enum(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'])),
})

function cancel(
  context: Context,
  { cancellation_reason }: z.output<typeof cancelParams>,
  id: string,
): Stripe.PaymentIntent {
  const intent = context.demand('payment_intent', id)
  if (!OPEN.has(intent.status)) {
    const isRare = intent.status === 'processing'
    const why = isRare
      ? 'because the payment is already being processed.'
      : `because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${CANCELLABLE}.`
    throw unexpectedState(intent, `You cannot cancel this PaymentIntent ${why}`)
  }
  return context.change<'payment_intent'>(
    intent,
    {
      canceled_at: context.now(),
      cancellation_reason: cancellation_reason ?? null,
      next_action: null,
      status: 'canceled',
    },
    'payment_intent.canceled',
  )
}

export const unexpectedState = (intent: Stripe.PaymentIntent, message: string) =>
  badRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: intent })

const onlyWithConfirm = (param: string) =>
  badRequest(
    `The parameter \`${param}\` cannot be passed when creating a PaymentIntent unless \`confirm\` is set to true.`,
    {
      param,
    },
  )

const definedOf = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export const paymentIntentRoutes = [
  route('POST /v1/payment_intents', createParams, create),
  route(
    'GET /v1/payment_intents/{id}',
    z.strictObject({}),
    (context, _, id) => context.demand('payment_intent', id),
    'client',
  ),
  route('POST /v1/payment_intents/{id}', updateParams, update),
  route(
    'POST /v1/payment_intents/{id}/confirm',
    z.strictObject(confirmParams),
    (context, params, id) => confirm(context, context.demand('payment_intent', id), params),
    'client',
  ),
  route('POST /v1/payment_intents/{id}/cancel', cancelParams, cancel),
  route('GET /v1/payment_intents', z.strictObject(listParams), (context, page) =>
    context.store.list('payment_intent', context.account, page),
  ),
]
