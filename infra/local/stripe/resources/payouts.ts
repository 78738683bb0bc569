import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { checkCurrency, checkPositive } from '../money.ts'
import { PLATFORM } from '../objects.ts'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'
import { integer, listParams, mergeMetadata, metadata, text } from '../wire/params.ts'
import { demandFunds } from './balance.ts'
import { post } from './balance-transactions.ts'

const DAY = 86_400

const ARRIVES_AFTER = 2 * DAY

/** Banks take days; here one does not wait for them. */
const PAID_MS = 300

/** By the last digits of the bank's number; those that are not here take the money. */
const failures: Readonly<Record<string, string>> = {
  '1116': 'no_account',
  '1113': 'account_closed',
  '2227': 'insufficient_funds',
  '3335': 'debit_not_authorized',
  '4440': 'invalid_currency',
}

/** Neither takes it nor refuses, until a switch says so. */
const SILENT_BANK = '0000'

const createParams = z.strictObject({
  amount: integer,
  currency: text,
  description: z.optional(text),
  metadata: z.optional(metadata),
  method: z.optional(z.enum(['instant', 'standard'])),
  statement_descriptor: z.optional(text),
})

function create(context: Context, params: z.output<typeof createParams>): Stripe.Payout {
  const { amount } = params
  const currency = checkCurrency(params.currency)
  checkPositive(amount)
  const bank = bankOf(context)
  demandFunds(context, amount, currency)
  const id = newId('po')
  const payout: Stripe.Payout = {
    id,
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: context.now() + ARRIVES_AFTER,
    automatic: false,
    balance_transaction: post(context, { type: 'payout', amount: -amount, currency, source: id }).id,
    created: context.now(),
    currency,
    description: params.description ?? null,
    destination: bank?.id ?? null,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    method: params.method ?? 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: params.statement_descriptor ?? null,
    status: 'pending',
    trace_id: { status: 'pending', value: null },
    type: 'bank_account',
  }
  context.store.insert(payout, context.account)
  context.emit('payout.created', payout)
  if (bank?.last4 !== SILENT_BANK) context.later('pay_payout', id, PAID_MS)
  return payout
}

/** Where the money goes; of the platform's own bank nothing is known here. */
function bankOf(context: Context): { readonly id: string; readonly last4: string } | undefined {
  if (context.account === PLATFORM) return undefined
  const account = context.as(PLATFORM).demand('account', context.account)
  const bank = account.external_accounts?.data[0]
  if (account.payouts_enabled && bank) return { id: bank.id, last4: bank.last4! }
  throw badRequest(
    'Cannot create payouts; this account has not completed its onboarding or has payouts paused.',
    { code: 'payouts_not_allowed' },
  )
}

/** The bank has taken the money or not, as its number says. */
export function arrive(context: Context, id: string): void {
  const payout = context.demand('payout', id)
  if (payout.status !== 'pending') return
  const failure_code = failures[bankOfPayout(context, payout)]
  if (failure_code) failPayout(context, payout, failure_code)
  else payPayout(context, payout)
}

function bankOfPayout(context: Context, { destination }: Stripe.Payout): string {
  if (context.account === PLATFORM) return ''
  const { external_accounts } = context.as(PLATFORM).demand('account', context.account)
  return external_accounts?.data.find(({ id }) => id === destination)?.last4 ?? ''
}

export function payPayout(context: Context, payout: Stripe.Payout): Stripe.Payout {
  if (payout.status !== 'pending') throw badRequest(`${payout.id} has a status of ${payout.status}`)
  return context.change<'payout'>(
    payout,
    { status: 'paid', trace_id: { status: 'supported', value: `standIn${payout.id.slice(-8)}` } },
    'payout.paid',
  )
}

/** The money comes back onto the balance of the account. One that was paid may fail too, days later. */
export function failPayout(context: Context, payout: Stripe.Payout, failure_code: string): Stripe.Payout {
  const { id, amount, currency, status } = payout
  if (status !== 'pending' && status !== 'paid') throw badRequest(`${id} has a status of ${status}`)
  const returned = post(context, { type: 'payout_failure', amount, currency, source: id })
  return context.change<'payout'>(
    payout,
    {
      failure_balance_transaction: returned.id,
      failure_code,
      failure_message: 'The bank account has refused the payout.',
      status: 'failed',
      trace_id: { status: 'unsupported', value: null },
    },
    'payout.failed',
  )
}

function cancel(context: Context, id: string): Stripe.Payout {
  const payout = context.demand('payout', id)
  const { amount, currency, status } = payout
  if (status !== 'pending') throw badRequest(`Payouts with a status of ${status} cannot be canceled.`)
  post(context, { type: 'payout_cancel', amount, currency, source: id })
  return context.change<'payout'>(payout, { status: 'canceled' }, 'payout.canceled')
}

export const payoutRoutes = [
  route('POST /v1/payouts', createParams, create),
  route('GET /v1/payouts/{id}', z.strictObject({}), (context, _, id) => context.demand('payout', id)),
  route('POST /v1/payouts/{id}/cancel', z.strictObject({}), (context, _, id) => cancel(context, id)),
  route(
    'GET /v1/payouts',
    z.strictObject({ ...listParams, status: z.optional(text) }),
    (context, { status, ...page }) =>
      context.store.list('payout', context.account, { ...page, where: { status } }),
  ),
]
