import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { stripeFee } from '../money.ts'
import { route } from '../route.ts'
import { listParams, mergeMetadata, metadata, text } from '../wire/params.ts'
import { post } from './balance-transactions.ts'
import { chargeShape } from './charge-shape.ts'
import { behaviourOf, detailsOf } from './payment-methods.ts'
import type { Behaviour, Decline } from './test-cards.ts'

const DAY = 86_400

/** Cards settle in two days. */
const SETTLED_AFTER = 2 * DAY

/** How long the capture of a charge takes that is captured asynchronously, which is Stripe's default. */
const CAPTURE_MS = 300

const DISPUTE_MS = 300

export interface Payment {
  readonly intent: Stripe.PaymentIntent
  readonly method: Stripe.PaymentMethod
  readonly status: Stripe.Charge.Status
  readonly decline?: Decline
}

/** An attempt to take the money: one that failed is a charge too. */
export function createCharge(context: Context, { intent, method, status, decline }: Payment): Stripe.Charge {
  const id = newId(method.type === 'card' ? 'ch' : 'py')
  const { amount, currency } = intent
  const charge: Stripe.Charge = {
    ...chargeShape({ id, amount, currency, created: context.now() }),
    amount_captured: status === 'failed' ? 0 : amount,
    captured: status !== 'failed',
    description: intent.description,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    metadata: { ...intent.metadata },
    outcome: outcomeOf(status, decline),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(method),
    receipt_email: intent.receipt_email,
    receipt_url: status === 'failed' ? null : `${context.url}/receipts/${id}`,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status,
    transfer_group: intent.transfer_group,
  }
  context.store.insert(charge, context.account)
  return charge
}

function outcomeOf(status: Stripe.Charge.Status, decline: Decline | undefined): Stripe.Charge.Outcome {
  return {
    advice_code: decline ? 'try_again_later' : null,
    network_advice_code: null,
    network_decline_code: decline ? '01' : null,
    network_status: status === 'failed' ? 'declined_by_network' : 'approved_by_network',
    reason: decline?.decline_code ?? decline?.code ?? null,
    risk_level: 'normal',
    risk_score: 20,
    seller_message: decline
      ? 'The bank did not return any further details with this decline.'
      : 'Payment complete.',
    type: decline ? 'issuer_declined' : 'authorized',
  }
}

/** The money is there: onto the balance with it, now or as soon as it was captured. */
export function settleCharge(
  context: Context,
  charge: Stripe.Charge,
  intent: Stripe.PaymentIntent,
): Stripe.Charge {
  const { disputed } = behaviourOf(context, charge.payment_method!)
  if (disputed) context.later('dispute_charge', charge.id, DISPUTE_MS)
  if (intent.capture_method === 'automatic') return bookCharge(context, charge)
  context.later('capture_charge', charge.id, CAPTURE_MS)
  return charge
}

/** What a charge brings is known once it was captured; until then `balance_transaction` is null. */
export function captureCharge(context: Context, id: string): void {
  const charge = context.demand('charge', id)
  if (charge.balance_transaction === null) bookCharge(context, charge, 'charge.updated')
}

function bookCharge(context: Context, charge: Stripe.Charge, ...events: string[]): Stripe.Charge {
  const { id, amount, currency, payment_method } = charge
  const behaviour = behaviourOf(context, payment_method!)
  const transaction = post(context, {
    type: behaviour.type === 'card' ? 'charge' : 'payment',
    amount,
    currency,
    source: id,
    fee: stripeFee(amount),
    available_on: availableOn(context, behaviour),
    ...(charge.description !== null && { description: charge.description }),
  })
  return context.change<'charge'>(charge, { balance_transaction: transaction.id }, ...events)
}

const availableOn = (context: Context, { availableAtOnce }: Behaviour) =>
  context.now() + (availableAtOnce ? 0 : SETTLED_AFTER)

export const chargeRoutes = [
  route('GET /v1/charges/{id}', z.strictObject({}), (context, _, id) => context.demand('charge', id)),
  route(
    'POST /v1/charges/{id}',
    z.strictObject({ description: z.optional(text), metadata: z.optional(metadata) }),
    (context, { description, metadata: given }, id) => {
      const charge = context.demand('charge', id)
      return context.change<'charge'>(
        charge,
        {
          ...(description !== undefined && { description }),
          metadata: mergeMetadata(charge.metadata, given),
        },
        'charge.updated',
      )
    },
  ),
  route(
    'GET /v1/charges',
    z.strictObject({ ...listParams, payment_intent: z.optional(text), transfer_group: z.optional(text) }),
    (context, { payment_intent, transfer_group, ...page }) =>
      context.store.list('charge', context.account, { ...page, where: { payment_intent, transfer_group } }),
  ),
]
