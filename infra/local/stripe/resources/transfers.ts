import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { checkCurrency, checkPositive, formatMoney } from '../money.ts'
import { PLATFORM } from '../objects.ts'
import { route } from '../route.ts'
import { badRequest, noSuch } from '../wire/error.ts'
import { integer, listParams, mergeMetadata, metadata, text } from '../wire/params.ts'
import { emptyList } from './account-shape.ts'
import { demandFunds } from './balance.ts'
import { post } from './balance-transactions.ts'
import { receivePayment } from './received-payments.ts'

const createParams = z.strictObject({
  amount: integer,
  currency: text,
  description: z.optional(text),
  destination: text,
  metadata: z.optional(metadata),
  source_transaction: z.optional(text),
  transfer_group: z.optional(text),
})

type CreateParams = z.output<typeof createParams>

function create(context: Context, params: CreateParams): Stripe.Transfer {
  const { amount, destination, source_transaction } = params
  const currency = checkCurrency(params.currency)
  checkPositive(amount)
  mustReceive(context, destination)
  const source = source_transaction === undefined ? undefined : sourceOf(context, source_transaction)
  if (source) mustHold(context, source, amount)
  else demandFunds(context, amount, currency)
  const id = newId('tr')
  const available_on = source ? availableOn(context, source) : context.now()
  const payment = receivePayment(context.as(destination), { amount, currency, transfer: id, available_on })
  const transfer: Stripe.Transfer = {
    id,
    object: 'transfer',
    amount,
    amount_reversed: 0,
    balance_transaction: post(context, {
      type: 'transfer',
      amount: -amount,
      currency,
      source: id,
      available_on,
    }).id,
    created: context.now(),
    currency,
    description: params.description ?? null,
    destination,
    destination_payment: payment.id,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    reversals: emptyList(`/v1/transfers/${id}/reversals`),
    reversed: false,
    source_transaction: source_transaction ?? null,
    source_type: 'card',
    transfer_group: params.transfer_group ?? source?.transfer_group ?? null,
  }
  context.store.insert(transfer, context.account)
  context.emit('transfer.created', transfer)
  return transfer
}

function mustReceive(context: Context, id: string): void {
  const account = context.store.find('account', id, PLATFORM)
  if (!account) throw noSuch('destination', id, 'destination')
  if (account.capabilities?.transfers === 'active') return
  throw badRequest(
    'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
    { code: 'insufficient_capabilities_for_transfer' },
  )
}

function sourceOf(context: Context, id: string): Stripe.Charge {
  const charge = context.store.find('charge', id, context.account)
  if (!charge) throw noSuch('charge', id, 'source_transaction')
  return charge
}

/** Of a charge no more is passed on than it brought. */
function mustHold(context: Context, { id, amount }: Stripe.Charge, wanted: number): void {
  const earlier = context.store.list('transfer', context.account, {
    limit: 100,
    where: { source_transaction: id },
  })
  const left = earlier.data.reduce(
    (rest, transfer) => rest - transfer.amount + transfer.amount_reversed,
    amount,
  )
  if (wanted <= left) return
  throw badRequest(
    `Transfers using this transaction as a source must not exceed the source amount of ${amount}.`,
    {
      code: 'transfer_source_balance_parameters_mismatch',
      param: 'amount',
    },
  )
}

function availableOn(context: Context, { balance_transaction }: Stripe.Charge): number {
  if (typeof balance_transaction !== 'string') return context.now()
  return context.demand('balance_transaction', balance_transaction).available_on
}

const reverseParams = z.strictObject({
  amount: z.optional(integer),
  description: z.optional(text),
  metadata: z.optional(metadata),
})

function reverse(
  context: Context,
  params: z.output<typeof reverseParams>,
  transferId: string,
): Stripe.TransferReversal {
  const transfer = context.demand('transfer', transferId)
  const { currency, amount_reversed } = transfer
  const left = transfer.amount - amount_reversed
  const amount = params.amount ?? left
  if (left === 0) throw badRequest(`Transfer ${transferId} is already fully reversed.`)
  checkPositive(amount)
  if (amount > left) {
    throw badRequest(
      `Reversal amount (${formatMoney(amount, currency)}) is greater than unreversed amount on transfer (${formatMoney(left, currency)})`,
      { param: 'amount' },
    )
  }
  const receiver = context.as(transfer.destination as string)
  const payment = receiver.demand('charge', transfer.destination_payment as string)
  demandFunds(receiver, amount, currency)
  const id = newId('trr')
  post(receiver, {
    type: 'payment_refund',
    amount: -amount,
    currency,
    source: payment.id,
  })
  receiver.change<'charge'>(payment, {
    amount_refunded: payment.amount_refunded + amount,
    refunded: amount === left,
  })
  const reversal: Stripe.TransferReversal = {
    id,
    object: 'transfer_reversal',
    amount,
    balance_transaction: post(context, { type: 'transfer_refund', amount, currency, source: id }).id,
    created: context.now(),
    currency,
    destination_payment_refund: null,
    metadata: mergeMetadata({}, params.metadata),
    source_refund: null,
    transfer: transferId,
  }
  context.store.insert(reversal, context.account)
  const { reversals } = transfer
  context.change<'transfer'>(
    transfer,
    {
      amount_reversed: amount_reversed + amount,
      reversals: { ...reversals, data: [reversal, ...reversals.data] },
      reversed: amount === left,
    },
    'transfer.reversed',
  )
  return reversal
}

export const transferRoutes = [
  route('POST /v1/transfers', createParams, create),
  route('GET /v1/transfers/{id}', z.strictObject({}), (context, _, id) => context.demand('transfer', id)),
  route(
    'GET /v1/transfers',
    z.strictObject({ ...listParams, destination: z.optional(text), transfer_group: z.optional(text) }),
    (context, { destination, transfer_group, ...page }) =>
      context.store.list('transfer', context.account, { ...page, where: { destination, transfer_group } }),
  ),
  route('POST /v1/transfers/{id}/reversals', reverseParams, reverse),
  route('GET /v1/transfers/{id}/reversals', z.strictObject(listParams), (context, page, transfer) =>
    context.store.list('transfer_reversal', context.account, { ...page, where: { transfer } }),
  ),
]
