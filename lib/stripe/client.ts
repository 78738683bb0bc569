import type { Stripe } from 'stripe'
import { toFailure } from './failures.ts'
import type { StripePort } from './port.ts'
import type { LoadStripeSecret } from './secret.ts'
import * as told from './told.ts'

/** The shapes of told.ts are of this version. */
const apiVersion = '2026-10-28.endive'
const timeoutMs = 10_000
const listed = 100

export interface StripeOptions {
  readonly loadSecret: LoadStripeSecret
  /** Empty for Stripe itself. */
  readonly apiUrl?: string
}

/** Stripe by its package, which is loaded by the first call (it costs 27 ms). */
export function createStripe({ loadSecret, apiUrl = '' }: StripeOptions): StripePort {
  const load = createLoader(loadSecret, apiUrl)

  async function ask<T>(call: (stripe: Stripe) => Promise<T>): Promise<T> {
    const stripe = await load()
    try {
      return await call(stripe)
    } catch (error) {
      throw toFailure(error)
    }
  }

  return {
    createIntent: ({ order_id, amount, currency }, idempotencyKey) =>
      ask(async ({ paymentIntents }) =>
        told.newIntent(
          await paymentIntents.create(
            {
              amount,
              currency,
              transfer_group: order_id,
              metadata: { order_id },
              // None that sends the buyer elsewhere: those would need an address to come back to.
              automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
            },
            { idempotencyKey },
          ),
        ),
      ),
    retrieveIntent: (id) =>
      ask(async ({ paymentIntents }) =>
        told.intent(await paymentIntents.retrieve(id, { expand: ['latest_charge.balance_transaction'] })),
      ),
    cancelIntent: (id, idempotencyKey) =>
      ask(async ({ paymentIntents }) =>
        told.intent(
          await paymentIntents.cancel(id, { cancellation_reason: 'abandoned' }, { idempotencyKey }),
        ),
      ),
    retrieveCharge: (id) => ask(async ({ charges }) => told.charge(await charges.retrieve(id))),

    createRefund: ({ refund_id, order_id, payment_intent_id, amount, reason }, idempotencyKey) =>
      ask(async ({ refunds }) =>
        told.refund(
          await refunds.create(
            {
              payment_intent: payment_intent_id,
              amount,
              metadata: { refund_id, order_id },
              ...(reason && { reason }),
            },
            { idempotencyKey },
          ),
        ),
      ),
    retrieveRefund: (id) => ask(async ({ refunds }) => told.refund(await refunds.retrieve(id))),
    listRefunds: (payment_intent) =>
      ask(async ({ refunds }) => {
        const all = await refunds.list({ payment_intent, limit: listed }).autoPagingToArray({ limit: 1_000 })
        return all.map(told.refund)
      }),

    retrieveDispute: (id) => ask(async ({ disputes }) => told.dispute(await disputes.retrieve(id))),
    listDisputes: (payment_intent) =>
      ask(async ({ disputes }) => {
        const { data } = await disputes.list({ payment_intent, limit: listed })
        return data.map(told.dispute)
      }),
    updateDispute: (id, change, idempotencyKey) =>
      ask(async ({ disputes }) => told.dispute(await disputes.update(id, change, { idempotencyKey }))),

    createAccount: ({ user_id, country }, idempotencyKey) =>
      ask(async ({ accounts }) =>
        told.account(
          await accounts.create(
            {
              type: 'express',
              ...(country && { country }),
              capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
              // Money leaves it when we say so, and is accounted for.
              settings: { payouts: { schedule: { interval: 'manual' } } },
              metadata: { user_id },
            },
            { idempotencyKey },
          ),
        ),
      ),
    retrieveAccount: (id) => ask(async ({ accounts }) => told.account(await accounts.retrieve(id))),
    createAccountLink: ({ account_id, refresh_url, return_url }) =>
      ask(async ({ accountLinks }) => {
        const { url, expires_at } = await accountLinks.create({
          account: account_id,
          refresh_url,
          return_url,
          type: 'account_onboarding',
        })
        return { url, expires_at: told.time(expires_at) }
      }),

    createTransfer: ({ payout_id, account_id, amount, currency }, idempotencyKey) =>
      ask(async ({ transfers }) =>
        told.transfer(
          await transfers.create(
            {
              amount,
              currency,
              destination: account_id,
              transfer_group: payout_id,
              metadata: { payout_id },
            },
            { idempotencyKey },
          ),
        ),
      ),
    retrieveTransfer: (id) => ask(async ({ transfers }) => told.transfer(await transfers.retrieve(id))),
    listTransfers: (transfer_group) =>
      ask(async ({ transfers }) => {
        const { data } = await transfers.list({ transfer_group, limit: listed })
        return data.map(told.transfer)
      }),

    createPayout: (stripeAccount, { payout_id, amount, currency }, idempotencyKey) =>
      ask(async ({ payouts }) =>
        told.payout(
          stripeAccount,
          await payouts.create(
            { amount, currency, metadata: { payout_id } },
            { stripeAccount, idempotencyKey },
          ),
        ),
      ),
    retrievePayout: (stripeAccount, id) =>
      ask(async ({ payouts }) =>
        told.payout(stripeAccount, await payouts.retrieve(id, {}, { stripeAccount })),
      ),

    listBalanceTransactions: ({ from, until, after }) =>
      ask(async ({ balanceTransactions }) => {
        const { data, has_more } = await balanceTransactions.list({
          created: { gte: told.seconds(from), lt: told.seconds(until) },
          limit: listed,
          ...(after && { starting_after: after }),
        })
        return { data: data.map(told.balanceTransaction), has_more }
      }),
  }
}

/** A client for each key: the secret may be changed while the environment lives. */
function createLoader(loadSecret: LoadStripeSecret, apiUrl: string) {
  let known: { readonly secret_key: string; readonly client: Stripe } | undefined

  return async () => {
    const { secret_key } = await loadSecret()
    if (known?.secret_key !== secret_key) {
      const { Stripe } = await import('stripe')
      const client = new Stripe(secret_key, {
        apiVersion,
        timeout: timeoutMs,
        maxNetworkRetries: 1,
        telemetry: false,
        ...addressOf(apiUrl),
      })
      known = { secret_key, client }
    }
    return known.client
  }
}

function addressOf(apiUrl: string) {
  if (apiUrl === '') return {}
  const { protocol, hostname, port } = new URL(apiUrl)
  return {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    ...(port && { port }),
  } as const
}
