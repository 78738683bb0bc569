import type Stripe from 'stripe'
import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'

interface Sums {
  readonly available: readonly Sum[]
  readonly pending: readonly Sum[]
}

interface Sum {
  readonly currency: string
  readonly amount: number
}

interface Row {
  readonly currency: string
  readonly available: number
  readonly pending: number
}

/** What the transactions of an account come to, by currency; what is not yet due is pending. */
export function balancesOf({ store, account, now }: Context): Sums {
  const rows = store.database
    .prepare(
      `select json_extract(body, '$.currency') as currency,
         sum(iif(json_extract(body, '$.available_on') <= ?1, json_extract(body, '$.net'), 0)) as available,
         sum(iif(json_extract(body, '$.available_on') > ?1, json_extract(body, '$.net'), 0)) as pending
       from objects where account = ?2 and kind = 'balance_transaction' group by 1 order by 1`,
    )
    .all(now(), account) as unknown as Row[]
  return {
    available: rows.map(({ currency, available }) => ({ currency, amount: available })),
    pending: rows.map(({ currency, pending }) => ({ currency, amount: pending })),
  }
}

/** As Stripe says it where there is not enough. */
export function demandFunds(context: Context, amount: number, currency: string): void {
  const held = balancesOf(context).available.find((sum) => sum.currency === currency)?.amount ?? 0
  if (held >= amount) return
  throw badRequest(
    'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance',
    { code: 'balance_insufficient' },
  )
}

function show(context: Context): Stripe.Balance {
  const { available, pending } = balancesOf(context)
  const none = [{ currency: 'usd', amount: 0 }]
  const list = (sums: readonly Sum[]) =>
    (sums.length > 0 ? sums : none).map(({ currency, amount }) => ({
      amount,
      currency,
      source_types: { card: amount },
    }))
  return { object: 'balance', available: list(available), livemode: false, pending: list(pending) }
}

export const balanceRoutes = [route('GET /v1/balance', z.strictObject({}), show)]
