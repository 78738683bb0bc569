import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { checkPositive, formatMoney } from '../money.ts'
import { type Page, route } from '../route.ts'
import { badRequest, noSuch } from '../wire/error.ts'
import { integer, listParams, mergeMetadata, metadata, text } from '../wire/params.ts'
import { post } from './balance-transactions.ts'
import { isChargedBack } from './disputes.ts'
import { behaviourOf } from './payment-methods.ts'

const FAILS_AFTER_MS = 500

const createParams = z.strictObject({
  amount: z.optional(integer),
  charge: z.optional(text),
  metadata: z.optional(metadata),
  payment_intent: z.optional(text),
  reason: z.optional(z.enum(['duplicate', 'fraudulent', 'requested_by_customer'])),
})

type CreateParams = z.output<typeof createParams>

function create(context: Context, params: CreateParams): Stripe.Refund {
  const charge = chargeOf(context, params)
  if (isChargedBack(context, charge)) {
    throw badRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    })
  }
  const amount = refundable(charge, params.amount)
  const id = newId('re')
  const refund: Stripe.Refund = {
    id,
    object: 'refund',
    amount,
    balance_transaction: post(context, {
      type: charge.id.startsWith('py_') ? 'payment_refund' : 'refund',
      amount: -amount,
      currency: charge.currency,
      source: id,
    }).id,
    charge: charge.id,
    created: context.now(),
    currency: charge.currency,
    customer: null,
    customer_account: null,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: mergeMetadata({}, params.metadata),
    payment_intent: charge.payment_intent,
    payment_method: null,
    reason: params.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  }
  context.store.insert(refund, context.account)
  context.emit('refund.created', refund)
  countRefunded(context, charge, amount, 'charge.refunded')
  if (behaviourOf(context, charge.payment_method!).refundFails) {
    context.later('fail_refund', id, FAILS_AFTER_MS)
  }
  return refund
}

function chargeOf(context: Context, { charge, payment_intent }: CreateParams): Stripe.Charge {
  if ((charge === undefined) === (payment_intent === undefined)) {
    throw badRequest(
      'One of the following params should be provided for this request: payment_intent or charge.',
    )
  }
  const id = charge ?? chargeOfIntent(context, payment_intent!)
  const found = context.store.find('charge', id, context.account)
  if (!found) throw noSuch('charge', id, 'charge')
  if (!found.paid) throw badRequest(`Charge ${id} did not succeed, so it cannot be refunded.`)
  return found
}

function chargeOfIntent(context: Context, id: string): string {
  const intent = context.store.find('payment_intent', id, context.account)
  if (!intent) throw noSuch('payment_intent', id, 'payment_intent')
  if (intent.status !== 'succeeded' || typeof intent.latest_charge !== 'string') {
    throw badRequest(`This PaymentIntent (${id}) does not have a successful charge to refund.`, {
      code: 'payment_intent_unexpected_state',
      payment_intent: intent,
    })
  }
  return intent.latest_charge
}

/** What is refunded: what was asked for, or all that is left. */
function refundable(
  { id, amount, amount_refunded, currency, refunded }: Stripe.Charge,
  asked?: number,
): number {
  if (refunded) {
    throw badRequest(`Charge ${id} has already been refunded.`, { code: 'charge_already_refunded' })
  }
  const left = amount - amount_refunded
  const wanted = asked ?? left
  checkPositive(wanted)
  if (wanted > left) {
    throw badRequest(
      `Refund amount (${formatMoney(wanted, currency)}) is greater than unrefunded amount on charge (${formatMoney(left, currency)})`,
      { param: 'amount' },
    )
  }
  return wanted
}

function countRefunded(context: Context, charge: Stripe.Charge, amount: number, ...events: string[]): void {
  const amount_refunded = charge.amount_refunded + amount
  context.change<'charge'>(
    charge,
    { amount_refunded, refunded: amount_refunded === charge.amount },
    ...events,
  )
}

/** The money comes back: the card is closed, say. */
export function failRefund(context: Context, id: string): Stripe.Refund {
  const refund = context.demand('refund', id)
  if (refund.status !== 'succeeded') throw badRequest(`${id} has a status of ${refund.status}`)
  const { id: failure_balance_transaction } = post(context, {
    type: 'refund_failure',
    amount: refund.amount,
    currency: refund.currency,
    source: id,
  })
  const failed = context.change<'refund'>(
    refund,
    { failure_balance_transaction, failure_reason: 'expired_or_canceled_card', status: 'failed' },
    'refund.failed',
    'refund.updated',
    'charge.refund.updated',
  )
  countRefunded(context, context.demand('charge', refund.charge as string), -refund.amount, 'charge.updated')
  return failed
}

/** `charge.refunds`, which a charge holds only when it is asked for. */
export const refundsOfCharge = (context: Context, charge: string): Page =>
  context.store.list('refund', context.account, { where: { charge } })

export const refundRoutes = [
  route('POST /v1/refunds', createParams, create),
  route('GET /v1/refunds/{id}', z.strictObject({}), (context, _, id) => context.demand('refund', id)),
  route('POST /v1/refunds/{id}', z.strictObject({ metadata: z.optional(metadata) }), (context, given, id) => {
    const refund = context.demand('refund', id)
    const merged = mergeMetadata(refund.metadata ?? {}, given.metadata)
    return context.change<'refund'>(refund, { metadata: merged }, 'refund.updated')
  }),
  route('GET /v1/charges/{id}/refunds', z.strictObject(listParams), (context, page, charge) =>
    context.store.list('refund', context.account, { ...page, where: { charge } }),
  ),
  route(
    'GET /v1/refunds',
    z.strictObject({ ...listParams, charge: z.optional(text), payment_intent: z.optional(text) }),
    (context, { charge, payment_intent, ...page }) =>
      context.store.list('refund', context.account, { ...page, where: { charge, payment_intent } }),
  ),
]
