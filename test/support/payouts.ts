import { randomUUID } from 'node:crypto'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { releaseDueShares } from '../../lib/ledger/release.ts'
import { createPayoutCalls } from '../../lib/payouts/calls.ts'
import { createPayoutRefresh } from '../../lib/payouts/refresh.ts'
import { createAccountRefresh } from '../../lib/sellers/refresh.ts'
import { createCallRunner } from '../../lib/stripe/call-runner.ts'
import type { CallHandlers } from '../../lib/stripe/calls.ts'
import { StripeRefusal } from '../../lib/stripe/errors.ts'
import type { Account, BankPayout, StripePort, Transfer } from '../../lib/stripe/port.ts'
import { dayMs, later } from '../../lib/time.ts'
import { paySeeded, seedOrder } from './ledger.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { seedActor } from './tracks.ts'

/** What of Stripe moves money to sellers, in memory: the same key never does anything twice. */
export function createMemoryConnect() {
  const answers = new Map<string, unknown>()
  const transfers: Transfer[] = []
  const bankPayouts: BankPayout[] = []
  const accounts = new Map<string, Account>()
  /** What goes wrong next, before or after it was done. */
  const failures: { before?: Error; after?: Error }[] = []

  async function once<T>(key: string, make: () => T): Promise<T> {
    const failure = failures.shift()
    if (failure?.before) throw failure.before
    if (!answers.has(key)) answers.set(key, make())
    if (failure?.after) throw failure.after
    return answers.get(key) as T
  }

  const port = {
    createTransfer: ({ payout_id, account_id, amount, currency }, key) =>
      once(key, () => {
        const transfer = {
          id: `tr_${randomUUID()}`,
          payout_id,
          account_id,
          amount,
          currency,
          amount_reversed: 0,
        }
        transfers.push(transfer)
        return transfer
      }),
    listTransfers: async (payoutId) => transfers.filter(({ payout_id }) => payout_id === payoutId),
    retrieveTransfer: async (id) => transfers.find((transfer) => transfer.id === id)!,
    createPayout: (account_id, { payout_id, amount, currency }, key) =>
      once(key, () => {
        const id = `po_${randomUUID()}`
        bankPayouts.push({
          id,
          payout_id,
          account_id,
          amount,
          currency,
          status: 'pending',
          failure_code: null,
        })
        return { ...bankPayouts.at(-1)! }
      }),
    retrievePayout: async (_account, id) => ({ ...bankPayouts.find((payout) => payout.id === id)! }),
    createAccount: ({ user_id, country = 'US' }, key) =>
      once(key, () => {
        if (country === 'XX') throw new StripeRefusal('country_unsupported')
        const id = `acct_${randomUUID()}`
        const requirements_due = ['external_account']
        const account = {
          id,
          user_id,
          country,
          requirements_due,
          charges_enabled: false,
          payouts_enabled: false,
        }
        accounts.set(id, account)
        return account
      }),
    retrieveAccount: async (id) => accounts.get(id)!,
    createAccountLink: async ({ account_id }) => ({
      url: `https://connect.stripe.test/${account_id}`,
      expires_at: new Date(Date.now() + 300_000),
    }),
  } satisfies Partial<StripePort>

  return {
    port: port as unknown as StripePort,
    transfers,
    bankPayouts,
    accounts,
    failures,
    /** What the bank makes of the last one. */
    settle(status: BankPayout['status'], failure_code: string | null = null): BankPayout {
      const last = bankPayouts.length - 1
      bankPayouts[last] = { ...bankPayouts[last]!, status, failure_code }
      return bankPayouts[last]!
    },
  }
}

/** Both ends of payouts on one database: what the worker does, and Stripe. */
export function createPayoutDesk(sql: Sql, now: () => Date) {
  const connect = createMemoryConnect()
  const exports = createMemoryStorage('exports').exports!
  const common = { sql, stripe: connect.port, now }
  const runCall = createCallRunner({
    sql,
    handlers: createPayoutCalls({ ...common, exports }) as unknown as CallHandlers,
    now,
  })
  return {
    ...connect,
    exports,
    ...createPayoutRefresh(common),
    refreshAccount: createAccountRefresh(common),
    /** Makes the calls that are due by now, and those that follow from them; answers how many. */
    async work(at = now()): Promise<number> {
      let count = 0
      for (let due = await listDueCalls(sql, at); due.length > 0; due = await listDueCalls(sql, at)) {
        for (const { id } of due) await runCall(id)
        count += due.length
      }
      return count
    },
  }
}

const listDueCalls = (sql: Sql, at: Date) =>
  sql<{ id: string }[]>`select id from stripe_calls where status = 'due' and due_at <= ${at} order by due_at`

/** Somebody with this much available, from a sale that we took no part of. */
export async function seedEarner(
  sql: Sql,
  amount: number,
  currency = 'usd',
  at = new Date(),
): Promise<Awaited<ReturnType<typeof seedActor>>> {
  const earner = await seedActor(sql)
  await sql`
    insert into sellers (user_id, stripe_account_id, charges_enabled, payouts_enabled, created_at, updated_at)
    values (${earner.id}, ${`acct_${earner.username}`}, true, true, now(), now())
  `
  await earn(sql, earner, amount, currency, at)
  return earner
}

export async function earn(
  sql: Sql,
  earner: Pick<Actor, 'id'>,
  amount: number,
  currency = 'usd',
  at = new Date(),
) {
  const buyer = await seedActor(sql)
  const order = await seedOrder(sql, buyer.id, [{ seller_id: earner.id, due: amount, fee_bps: 0 }], currency)
  await paySeeded(sql, order, later(at, -8 * dayMs))
  while ((await releaseDueShares(sql, at)) > 0);
  return order
}
