import { AppError } from '../../../lib/errors.ts'
import { logger } from '../../../lib/logger.ts'
import { createStripe } from '../../../lib/stripe/client.ts'
import { SpentKeyError, StripeRefusal } from '../../../lib/stripe/errors.ts'
import { captureLog } from '../../support/log.ts'
import { useStripeServer } from '../../support/stripe-server.ts'

const server = useStripeServer()
const secretKey = 'sk_test_never_to_be_seen'
const client = () =>
  createStripe({
    loadSecret: async () => ({ secret_key: secretKey, webhook_secrets: ['whsec_1'] }),
    apiUrl: server.url(),
  })

const order = { order_id: '01997cf0-0000-7000-8000-000000000001', amount: 2_500, currency: 'eur' }
const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'requires_payment_method',
  amount: 2_500,
  amount_received: 0,
  currency: 'eur',
  latest_charge: null,
  client_secret: 'pi_1_secret_of_the_buyer',
  metadata: { order_id: order.order_id },
}
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

test('asks for a payment with its key, the pinned version and the order, and nothing of the buyer', async () => {
  server.answers({ body: intent })

  const made = await client().createIntent(order, 'order:1:intent:1')

  expect(made).toMatchObject({
    id: 'pi_1',
    order_id: order.order_id,
    client_secret: 'pi_1_secret_of_the_buyer',
  })
  const [call] = server.calls
  expect(call).toMatchObject({ method: 'POST', path: '/v1/payment_intents' })
  expect(call?.headers).toMatchObject({
    'idempotency-key': 'order:1:intent:1',
    'stripe-version': '2026-10-28.endive',
    authorization: `Bearer ${secretKey}`,
  })
  expect(call?.form).toEqual({
    amount: '2500',
    currency: 'eur',
    transfer_group: order.order_id,
    'metadata[order_id]': order.order_id,
    'automatic_payment_methods[enabled]': 'true',
    'automatic_payment_methods[allow_redirects]': 'never',
  })
})

test('tells of a payment with its fee and without the secret of the buyer', async () => {
  const balance_transaction = { id: 'txn_1', fee: 95, currency: 'usd' }
  server.answers({
    body: { ...intent, status: 'succeeded', latest_charge: { id: 'ch_1', balance_transaction } },
  })

  const found = await client().retrieveIntent('pi_1')

  expect(found).toEqual({
    id: 'pi_1',
    order_id: order.order_id,
    status: 'succeeded',
    amount: 2_500,
    amount_received: 0,
    currency: 'eur',
    charge_id: 'ch_1',
    fee: { balance_transaction_id: 'txn_1', amount: 95, currency: 'usd' },
  })
  expect(server.calls[0]?.path).toBe('/v1/payment_intents/pi_1?expand[0]=latest_charge.balance_transaction')
})

test.each([
  {
    name: 'a decline',
    status: 402,
    error: { type: 'card_error', code: 'card_declined', decline_code: 'lost_card' },
  },
  {
    name: 'what cannot be done',
    status: 400,
    error: { type: 'invalid_request_error', code: 'charge_already_refunded' },
  },
  {
    name: 'what is not there',
    status: 404,
    error: { type: 'invalid_request_error', code: 'resource_missing' },
  },
  {
    name: 'what the key may not',
    status: 403,
    error: { type: 'invalid_request_error', code: 'account_invalid' },
  },
])('takes $name for a refusal', async ({ status, error }) => {
  server.answers({ status, body: { error: { ...error, message: 'pi_1_secret_of_the_buyer' } } })

  const failure = await failureOf(client().createIntent(order, 'k'))

  expect(failure).toBeInstanceOf(StripeRefusal)
  expect(failure).toMatchObject({ code: error.code })
  expect((failure as Error).message).not.toContain('secret')
})

test.each([
  { name: 'too many calls', status: 429, error: { type: 'invalid_request_error', code: 'rate_limit' } },
  { name: 'a wrong key of ours', status: 401, error: { type: 'invalid_request_error' } },
  {
    name: 'another call with the key',
    status: 409,
    error: { type: 'idempotency_error', code: 'idempotency_key_in_use' },
  },
  { name: 'a key of other parameters', status: 400, error: { type: 'idempotency_error' } },
  { name: 'a failure of theirs', status: 500, error: { type: 'api_error' } },
])('is unavailable on $name, which says nothing of the thing itself', async ({ status, error }) => {
  server.answers({ status, headers: { 'stripe-should-retry': 'false' }, body: { error } })

  const failure = await failureOf(client().createIntent(order, 'k'))

  expect(failure).toBeInstanceOf(AppError)
  expect(failure).toMatchObject({ code: 'unavailable' })
})

test('knows a failure that is only repeated, for the key is spent', async () => {
  const headers = { 'idempotent-replayed': 'true', 'stripe-should-retry': 'false' }
  server.answers({ status: 500, headers, body: { error: { type: 'api_error' } } })

  expect(await failureOf(client().createIntent(order, 'k'))).toBeInstanceOf(SpentKeyError)
})

test('asks once more, with the same key, when Stripe fails', async () => {
  server.answers(({ path }) => (server.calls.length > 1 ? { body: intent } : { status: 503, body: { path } }))

  await client().createIntent(order, 'order:1:intent:1')

  expect(server.calls.map(({ headers }) => headers['idempotency-key'])).toEqual([
    'order:1:intent:1',
    'order:1:intent:1',
  ])
})

test('leaves nothing secret in what is logged of a failure', async () => {
  const error = { type: 'card_error', code: 'card_declined', message: secretKey, payment_intent: intent }

  const { log, text } = await captureLog(async () => {
    for (const status of [402, 409, 500]) {
      server.answers({ status, headers: { 'stripe-should-retry': 'false' }, body: { error } })
      logger.error('failed', { error: await failureOf(client().createIntent(order, 'k')) })
    }
  })

  expect(log).toHaveLength(3)
  expect(text).not.toMatch(/never_to_be_seen|secret_of_the_buyer/)
})

test('acts for a connected account where the money is its own', async () => {
  server.answers({
    body: { id: 'po_1', amount: 1_000, currency: 'eur', status: 'pending', failure_code: null, metadata: {} },
  })

  await client().createPayout('acct_1', { payout_id: 'p1', amount: 1_000, currency: 'eur' }, 'payout:p1:1')

  expect(server.calls[0]).toMatchObject({
    path: '/v1/payouts',
    headers: { 'stripe-account': 'acct_1', 'idempotency-key': 'payout:p1:1' },
    form: { amount: '1000', currency: 'eur', 'metadata[payout_id]': 'p1' },
  })
})
