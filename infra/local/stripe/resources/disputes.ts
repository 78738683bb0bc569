import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'
import { listParams, text } from '../wire/params.ts'
import { post } from './balance-transactions.ts'
import { noEvidence } from './evidence-fields.ts'
import { behaviourOf } from './payment-methods.ts'

const DAY = 86_400

const EVIDENCE_DAYS = 21

const FEE = 1_500

export interface Complaint {
  readonly reason: string
  /** All that is left of the charge when left out. */
  readonly amount?: number | undefined
}

/** The buyer's bank takes the money back, and asks what the seller has to say. */
export function openDispute(
  context: Context,
  chargeId: string,
  { reason, amount }: Complaint,
): Stripe.Dispute {
  const charge = context.demand('charge', chargeId)
  const left = charge.amount - charge.amount_refunded
  const disputed = amount ?? left
  if (!charge.paid || charge.disputed || disputed < 1 || disputed > left) {
    throw badRequest(`${chargeId} cannot be disputed over ${disputed}`)
  }
  const id = newId('du')
  const withdrawal = post(context, {
    type: 'adjustment',
    amount: -disputed,
    currency: charge.currency,
    source: id,
    fee: FEE,
    description: `Chargeback withdrawal for ${chargeId}`,
  })
  const dispute: Stripe.Dispute = {
    id,
    object: 'dispute',
    amount: disputed,
    balance_transactions: [withdrawal],
    charge: chargeId,
    created: context.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence(),
    evidence_details: {
      due_by: context.now() + EVIDENCE_DAYS * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    network_reason_code: reason === 'fraudulent' ? '10.4' : '13.1',
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand: charge.payment_method_details?.card?.brand ?? 'visa',
        network: 'visa',
        case_type: 'chargeback',
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason,
    status: 'needs_response',
  }
  context.store.insert(dispute, context.account)
  context.change<'charge'>(charge, { disputed: true })
  context.emit('charge.dispute.created', dispute)
  context.emit('charge.dispute.funds_withdrawn', dispute)
  return dispute
}

/** What a card that is made for it does to each payment. */
export function disputeCharge(context: Context, chargeId: string): void {
  const charge = context.demand('charge', chargeId)
  if (charge.disputed || charge.refunded) return
  openDispute(context, chargeId, { reason: behaviourOf(context, charge.payment_method!).disputed! })
}

/** The bank has decided, or the seller has given in. */
export function closeDispute(
  context: Context,
  dispute: Stripe.Dispute,
  status: 'won' | 'lost',
): Stripe.Dispute {
  if (!isOpen(dispute)) throw closed(dispute)
  const { id, amount, currency, charge, balance_transactions } = dispute
  if (status === 'lost') return context.change<'dispute'>(dispute, { status }, 'charge.dispute.closed')
  // The fee is not given back.
  const reinstated = post(context, {
    type: 'adjustment',
    amount,
    currency,
    source: id,
    description: `Chargeback reversal for ${charge}`,
    reporting_category: 'dispute_reversal',
  })
  return context.change<'dispute'>(
    dispute,
    { balance_transactions: [...balance_transactions, reinstated], is_charge_refundable: true, status },
    'charge.dispute.funds_reinstated',
    'charge.dispute.closed',
  )
}

export const isOpen = ({ status }: Stripe.Dispute) => status === 'needs_response' || status === 'under_review'

export const closed = ({ id, status }: Stripe.Dispute) =>
  badRequest(`This dispute (${id}) is already closed with a status of ${status}.`)

/** A charge that was won back is the seller's again, to refund too. */
export const isChargedBack = (context: Context, charge: Stripe.Charge): boolean =>
  charge.disputed &&
  context.store.list('dispute', context.account, { where: { charge: charge.id } }).data[0]?.status !== 'won'

export const disputeRoutes = [
  route('GET /v1/disputes/{id}', z.strictObject({}), (context, _, id) => context.demand('dispute', id)),
  route('POST /v1/disputes/{id}/close', z.strictObject({}), (context, _, id) =>
    closeDispute(context, context.demand('dispute', id), 'lost'),
  ),
  route(
    'GET /v1/disputes',
    z.strictObject({ ...listParams, charge: z.optional(text), payment_intent: z.optional(text) }),
    (context, { charge, payment_intent, ...page }) =>
      context.store.list('dispute', context.account, { ...page, where: { charge, payment_intent } }),
  ),
]
