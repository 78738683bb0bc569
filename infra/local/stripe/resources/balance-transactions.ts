import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { newId } from '../ids.ts'
import { route } from '../route.ts'
import { listParams, text } from '../wire/params.ts'

const categories: Partial<Record<Stripe.BalanceTransaction.Type, string>> = {
  adjustment: 'dispute',
  payment: 'charge',
  payment_refund: 'refund',
  payout_failure: 'payout_reversal',
  refund_failure: 'refund_failure',
  topup: 'topup',
  transfer_refund: 'transfer_reversal',
}

export interface Posting {
  readonly type: Stripe.BalanceTransaction.Type
  readonly amount: number
  readonly currency: string
  readonly source: string
  readonly fee?: number
  /** Seconds; at once when left out. */
  readonly available_on?: number
  readonly description?: string
  readonly reporting_category?: string
}

/** What came onto or went from the balance of an account. */
export function post(context: Context, posting: Posting): Stripe.BalanceTransaction {
  const { type, amount, currency, source, fee = 0, available_on = context.now() } = posting
  const transaction: Stripe.BalanceTransaction = {
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on,
    balance_type: 'payments',
    created: context.now(),
    currency,
    description: posting.description ?? null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency,
              description: type === 'adjustment' ? 'Dispute fee' : 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: posting.reporting_category ?? categories[type] ?? type,
    source,
    status: available_on > context.now() ? 'pending' : 'available',
    type,
  }
  context.store.insert(transaction, context.account)
  return transaction
}

/** What the stored one would say now: its day may have come. */
export const today = (transaction: Stripe.BalanceTransaction, now: number): Stripe.BalanceTransaction => ({
  ...transaction,
  status: transaction.available_on > now ? 'pending' : 'available',
})

export const balanceTransactionRoutes = [
  route('GET /v1/balance_transactions/{id}', z.strictObject({}), (context, _, id) =>
    today(context.demand('balance_transaction', id, 'balance transaction'), context.now()),
  ),
  route(
    'GET /v1/balance_transactions',
    z.strictObject({
      ...listParams,
      currency: z.optional(text),
      source: z.optional(text),
      type: z.optional(text),
    }),
    (context, { currency, source, type, ...page }) => {
      const list = context.store.list('balance_transaction', context.account, {
        ...page,
        where: { currency, source, type },
      })
      return { ...list, data: list.data.map((one) => today(one, context.now())) }
    },
  ),
]
