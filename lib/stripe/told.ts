import type { Stripe } from 'stripe'
import type * as port from './port.ts'

/** What Stripe answers, in our words. */

type Reference = string | { readonly id: string } | null | undefined

const idOf = (reference: Reference): string | null =>
  (typeof reference === 'string' ? reference : reference?.id) ?? null

export const time = (seconds: number) => new Date(seconds * 1_000)
export const seconds = (date: Date) => Math.floor(date.getTime() / 1_000)

export function intent(from: Stripe.PaymentIntent): port.Intent {
  const fee = feeOf(from.latest_charge)
  return {
    id: from.id,
    order_id: from.metadata.order_id ?? null,
    status: from.status as port.IntentStatus,
    amount: from.amount,
    amount_received: from.amount_received,
    currency: from.currency,
    charge_id: idOf(from.latest_charge),
    ...(fee && { fee }),
  }
}

function feeOf(charge: Stripe.PaymentIntent['latest_charge']): port.StripeFee | undefined {
  const transaction = typeof charge === 'string' ? null : charge?.balance_transaction
  if (!transaction || typeof transaction === 'string') return undefined
  return { balance_transaction_id: transaction.id, amount: transaction.fee, currency: transaction.currency }
}

export function newIntent(from: Stripe.PaymentIntent): port.NewIntent {
  if (!from.client_secret) throw new Error('A new payment came without its client secret')
  return { ...intent(from), client_secret: from.client_secret }
}

export const charge = (from: Stripe.Charge): port.Charge => ({
  id: from.id,
  payment_intent_id: idOf(from.payment_intent),
  amount: from.amount,
  amount_refunded: from.amount_refunded,
  currency: from.currency,
  is_disputed: from.disputed,
})

export const refund = (from: Stripe.Refund): port.Refund => ({
  id: from.id,
  refund_id: from.metadata?.refund_id ?? null,
  payment_intent_id: idOf(from.payment_intent),
  charge_id: idOf(from.charge),
  amount: from.amount,
  currency: from.currency,
  status: (from.status ?? 'pending') as port.Refund['status'],
  failure_reason: from.failure_reason ?? null,
  created_at: time(from.created),
})

export const dispute = (from: Stripe.Dispute): port.Dispute => ({
  id: from.id,
  payment_intent_id: idOf(from.payment_intent),
  charge_id: idOf(from.charge)!,
  amount: from.amount,
  currency: from.currency,
  reason: from.reason,
  status: from.status,
  evidence_due_at: from.evidence_details.due_by === null ? null : time(from.evidence_details.due_by),
  opened_at: time(from.created),
  balance_transactions: from.balance_transactions.map(balanceTransaction),
})

export const account = (from: Stripe.Account): port.Account => ({
  id: from.id,
  user_id: from.metadata?.user_id ?? null,
  charges_enabled: from.charges_enabled,
  payouts_enabled: from.payouts_enabled,
  requirements_due: from.requirements?.currently_due ?? [],
  country: from.country ?? null,
})

export const transfer = (from: Stripe.Transfer): port.Transfer => ({
  id: from.id,
  payout_id: from.metadata.payout_id ?? null,
  account_id: idOf(from.destination)!,
  amount: from.amount,
  amount_reversed: from.amount_reversed,
  currency: from.currency,
})

export const payout = (account_id: string, from: Stripe.Payout): port.BankPayout => ({
  id: from.id,
  payout_id: from.metadata?.payout_id ?? null,
  account_id,
  amount: from.amount,
  currency: from.currency,
  status: from.status as port.BankPayout['status'],
  failure_code: from.failure_code,
})

export const balanceTransaction = (from: Stripe.BalanceTransaction): port.BalanceTransaction => ({
  id: from.id,
  type: from.type,
  amount: from.amount,
  fee: from.fee,
  currency: from.currency,
  source_id: idOf(from.source),
  created_at: time(from.created),
})
