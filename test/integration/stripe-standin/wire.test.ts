import Stripe from 'stripe'
import { API_VERSION } from '../../../infra/local/stripe/context.ts'
import { pay, refusalOf, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

const form = { 'content-type': 'application/x-www-form-urlencoded' }

async function errorOf(response: Response) {
  const { error } = (await response.json()) as { error: Record<string, unknown> }
  return error
}

test('speaks the version that the package is made for', async () => {
  expect(API_VERSION).toBe(Stripe.API_VERSION)
  const answer = await standIn.call('/v1/balance')
  expect(answer.headers.get('stripe-version')).toBe(API_VERSION)
  expect(answer.headers.get('request-id')).toMatch(/^req_\w{14}$/)
  expect(answer.headers.get('content-type')).toBe('application/json')
  const older = await standIn.call('/v1/balance', { headers: { 'stripe-version': '2024-06-20' } })
  expect(older.headers.get('stripe-version')).toBe('2024-06-20')
})

describe('keys', () => {
  const basic = (user: string) => `Basic ${Buffer.from(`${user}:`).toString('base64')}`

  test('open as a user name and as a token', async () => {
    const { secret_key } = standIn.keys
    for (const authorization of [`Bearer ${secret_key}`, basic(secret_key)]) {
      expect((await standIn.call('/v1/balance', { headers: { authorization } })).status).toBe(200)
    }
  })

  test.each([
    { name: 'none', authorization: '', says: 'You did not provide an API key' },
    {
      name: 'a wrong one',
      authorization: `Bearer sk_test_${'x'.repeat(48)}`,
      says: 'Invalid API Key provided: sk_test_********xxxx',
    },
    { name: 'a scheme it has not', authorization: 'Digest x', says: 'You did not provide an API key' },
  ])('refuse $name', async ({ authorization, says }) => {
    const answer = await standIn.call('/v1/balance', { headers: { authorization } })
    expect(answer.status).toBe(401)
    expect(await errorOf(answer)).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining(says),
    })
  })

  test('that anybody may know open one intent, by its client secret, and show part of it', async () => {
    const { stripe, keys } = standIn
    const intent = await stripe.paymentIntents.create({
      amount: 2_000,
      currency: 'usd',
      metadata: { a: '1' },
    })
    const other = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
    const browser = standIn.client(keys.publishable_key)
    const client_secret = intent.client_secret!

    const seen = await browser.paymentIntents.retrieve(intent.id, { client_secret })
    expect(seen).toMatchObject({ id: intent.id, status: 'requires_payment_method' })
    expect(seen).not.toHaveProperty('metadata')
    const wrong = { client_secret: other.client_secret! }
    expect(await refusalOf(browser.paymentIntents.retrieve(intent.id, wrong))).toMatchObject({
      statusCode: 400,
    })
    expect(await refusalOf(browser.paymentIntents.retrieve(intent.id))).toMatchObject({
      param: 'client_secret',
    })
    expect(await refusalOf(browser.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      statusCode: 403,
      code: 'secret_key_required',
    })

    // As Stripe.js sends it: the key is in the body.
    const { publishable_key } = keys
    const body = new URLSearchParams({
      key: publishable_key,
      client_secret,
      payment_method: 'pm_card_visa',
      use_stripe_sdk: 'true',
    })
    const confirmed = await fetch(`${standIn.url}/v1/payment_intents/${intent.id}/confirm`, {
      method: 'POST',
      body,
    })
    expect(await confirmed.json()).toMatchObject({ status: 'succeeded' })
    expect(confirmed.headers.get('access-control-allow-origin')).toBe('*')
  })
})

test.each([
  {
    name: 'an address it has not',
    path: '/v1/nothing',
    method: 'GET',
    status: 404,
    type: 'invalid_request_error',
  },
  {
    name: 'a method it has not',
    path: '/v1/balance',
    method: 'POST',
    status: 404,
    type: 'invalid_request_error',
  },
  {
    name: 'a name that is none',
    path: '/v1/refunds',
    method: 'POST',
    body: 'a[b=1',
    status: 400,
    type: 'invalid_request_error',
  },
  {
    name: 'a value that is a hash too',
    path: '/v1/refunds',
    method: 'POST',
    body: 'a=1&a[b]=2',
    status: 400,
    type: 'invalid_request_error',
  },
  {
    name: 'a prototype',
    path: '/v1/refunds',
    method: 'POST',
    body: '__proto__[x]=1',
    status: 400,
    type: 'invalid_request_error',
  },
])('refuses $name', async ({ path, method, body, status, type }) => {
  const answer = await standIn.call(path, { method, headers: form, ...(body && { body }) })
  expect(answer.status).toBe(status)
  expect(await errorOf(answer)).toMatchObject({ type })
})

test('reads arrays with and without numbers', async () => {
  for (const key of ['payment_method_types[]', 'payment_method_types[0]']) {
    const body = `amount=2000&currency=usd&${key}=card`
    const answer = await standIn.call('/v1/payment_intents', { method: 'POST', headers: form, body })
    expect(await answer.json()).toMatchObject({
      payment_method_types: ['card'],
      automatic_payment_methods: null,
    })
  }
})

describe('lists', () => {
  test('go by pages, newest first, in both directions', async () => {
    const { stripe } = standIn
    const { id: charge } = await stripe.charges.retrieve((await pay(stripe)).latest_charge as string)
    const ids: string[] = []
    for (let at = 0; at < 5; at += 1) ids.unshift((await stripe.refunds.create({ charge, amount: 100 })).id)
    const idsOf = (list: { data: { id: string }[] }) => list.data.map(({ id }) => id)

    const first = await stripe.refunds.list({ charge, limit: 2 })
    expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/refunds' })
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    const last = await stripe.refunds.list({ charge, limit: 3, starting_after: ids[1]! })
    expect([idsOf(last), last.has_more]).toEqual([ids.slice(2), false])
    const back = await stripe.refunds.list({ charge, limit: 2, ending_before: ids[3]! })
    expect([idsOf(back), back.has_more]).toEqual([ids.slice(1, 3), true])
    expect(
      idsOf({ data: await stripe.refunds.list({ charge, limit: 2 }).autoPagingToArray({ limit: 10 }) }),
    ).toEqual(ids)
  })

  test('go by the time of creation', async () => {
    const { stripe } = standIn
    const old = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
    await standIn.advance(60_000)
    const young = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
    const between = await stripe.paymentIntents.list({ created: { gt: old.created, lte: young.created } })
    expect(between.data.map(({ id }) => id)).toEqual([young.id])
  })

  test.each([{ limit: 0 }, { limit: 101 }, { starting_after: 'pi_none' }, { colour: 'red' }])(
    'refuse %o',
    async (params) => {
      const call = standIn.stripe.paymentIntents.list(params as object)
      expect(await refusalOf(call)).toMatchObject({ statusCode: 400, param: Object.keys(params)[0] })
    },
  )
})

describe('expand', () => {
  test('fills in what is named, through lists and four levels', async () => {
    const { stripe } = standIn
    const { id } = await pay(stripe, { capture_method: 'automatic' })
    const refund = await stripe.refunds.create({
      payment_intent: id,
      expand: ['charge.balance_transaction', 'payment_intent'],
    })
    expect(refund).toMatchObject({
      charge: { balance_transaction: { object: 'balance_transaction' } },
      payment_intent: { id },
    })
    const list = await stripe.paymentIntents.list({
      limit: 1,
      expand: ['data.latest_charge.balance_transaction.source'],
    })
    expect(list.data[0]!.latest_charge).toMatchObject({
      balance_transaction: { source: { object: 'charge' } },
    })
    const open = await stripe.paymentIntents.create({
      amount: 2_000,
      currency: 'usd',
      expand: ['latest_charge.refunds'],
    })
    expect(open.latest_charge).toBeNull()
  })

  test.each([
    'amount',
    'nothing',
    'latest_charge.nothing',
    'latest_charge.balance_transaction.source.payment_intent.latest_charge',
  ])('refuses %s', async (path) => {
    const { stripe } = standIn
    const { id } = await pay(stripe, { capture_method: 'automatic' })
    expect(await refusalOf(stripe.paymentIntents.retrieve(id, { expand: [path] }))).toMatchObject({
      statusCode: 400,
    })
  })
})

describe('idempotency keys', () => {
  const create = (idempotencyKey: string, params: object = {}) =>
    standIn.stripe.paymentIntents.create({ amount: 2_000, currency: 'usd', ...params }, { idempotencyKey })

  test('replay the answer', async () => {
    const first = await create('k1')
    const again = await create('k1')
    expect(again).toEqual(first)
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined()
    expect(again.lastResponse.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'idempotency-key': 'k1',
      'original-request': first.lastResponse.requestId,
    })
    expect(again.lastResponse.requestId).not.toBe(first.lastResponse.requestId)
  })

  test('replay an error, and leave the money where it was', async () => {
    const { stripe } = standIn
    const declined = { confirm: true, payment_method: 'pm_card_chargeDeclined' }
    const [first, again] = [await refusalOf(create('k2', declined)), await refusalOf(create('k2', declined))]
    expect(again).toMatchObject({ statusCode: 402, code: 'card_declined', charge: first.charge })
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' })

    const { id } = await pay(stripe)
    const refund = () =>
      stripe.refunds.create({ payment_intent: id, amount: 1_500 }, { idempotencyKey: 'k3' })
    expect((await refund()).id).toBe((await refund()).id)
    expect((await stripe.refunds.list({ payment_intent: id })).data).toHaveLength(1)
  })

  test('are for one call alone', async () => {
    await create('k4')
    expect(await refusalOf(create('k4', { amount: 2_001 }))).toMatchObject({
      type: 'StripeIdempotencyError',
      rawType: 'idempotency_error',
      statusCode: 400,
    })
    const elsewhere = standIn.stripe.refunds.create({ payment_intent: 'pi_x' }, { idempotencyKey: 'k4' })
    expect(await refusalOf(elsewhere)).toMatchObject({ type: 'StripeIdempotencyError' })
  })

  test('are free again after parameters that were refused, and after a day', async () => {
    await refusalOf(create('k5', { amount: 'x' }))
    const first = await create('k5')
    await standIn.advance(24 * 3_600_000 + 2_000)
    expect((await create('k5')).id).not.toBe(first.id)
  })

  test('are in use while their call is', async () => {
    await standIn.local('POST', 'calls', { mode: 'slow', delay_ms: 1_000 })
    const answers = await Promise.allSettled([create('k6'), create('k6')])
    const refused = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    expect(refused.map(({ reason }) => reason)).toMatchObject([
      { statusCode: 409, code: 'idempotency_key_in_use' },
    ])
    const done = answers.find(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<{
      id: string
    }>
    expect((await create('k6')).id).toBe(done.value.id)
  })
})

describe('calls that go wrong', () => {
  const create = (idempotencyKey: string, options: object = {}) =>
    standIn.stripe.paymentIntents.create(
      { amount: 2_000, currency: 'usd', confirm: true, payment_method: 'pm_card_visa' },
      { idempotencyKey, ...options },
    )

  test('time out after the work was done, which the key finds', async () => {
    await standIn.local('POST', 'calls', { mode: 'timeout', path: '/v1/payment_intents' })
    expect(await refusalOf(create('f1', { timeout: 300 }))).toMatchObject({ type: 'StripeConnectionError' })
    const found = await create('f1')
    expect(found.status).toBe('succeeded')
    expect(found.lastResponse.headers['idempotent-replayed']).toBe('true')
  })

  test('fail with 500, and again under the same key, but not under another', async () => {
    await standIn.local('POST', 'calls', { mode: 'fail', status: 500 })
    expect(await refusalOf(create('f2'))).toMatchObject({ type: 'StripeAPIError', statusCode: 500 })
    expect(await refusalOf(create('f2'))).toMatchObject({
      statusCode: 500,
      headers: { 'idempotent-replayed': 'true' },
    })
    expect((await create('f3')).status).toBe('succeeded')
  })

  test('fail with 500 when all was done, which only a look finds', async () => {
    const idempotencyKey = 'f6'
    await standIn.local('POST', 'calls', { mode: 'fail', is_done: true })
    const refusals = [await refusalOf(create(idempotencyKey)), await refusalOf(create(idempotencyKey))]
    expect(refusals.map(({ statusCode }) => statusCode)).toEqual([500, 500])
    const { data } = await standIn.stripe.events.list({ type: 'payment_intent.succeeded', limit: 1 })
    expect(data[0]!.request).toMatchObject({ idempotency_key: idempotencyKey })
  })

  test('are too many, which no key keeps', async () => {
    await standIn.local('POST', 'calls', { mode: 'fail', status: 429 })
    expect(await refusalOf(create('f4'))).toMatchObject({ type: 'StripeRateLimitError', statusCode: 429 })
    expect((await create('f4')).status).toBe('succeeded')
  })

  test('are those of the path alone, and none once it is forgotten', async () => {
    await standIn.local('POST', 'calls', { mode: 'fail', path: '/v1/refunds/*', count: 5 })
    expect((await create('f5')).status).toBe('succeeded')
    expect((await standIn.local('GET', 'calls')).body).toMatchObject({
      data: [{ path: '/v1/refunds/*', left: 5 }],
    })
    await standIn.local('DELETE', 'calls')
    expect((await standIn.local('GET', 'calls')).body).toEqual({ data: [] })
  })
})

describe('the switches', () => {
  test.each([
    { name: 'what is none', path: 'nothing', body: {}, status: 404 },
    { name: 'what has a mistake', path: 'calls', body: { mode: 'explode' }, status: 400 },
    { name: 'an object that is not there', path: 'payouts/po_none/pay', body: {}, status: 404 },
  ])('refuse $name', async ({ path, body, status }) => {
    expect((await standIn.local('POST', path, body)).status).toBe(status)
  })

  test('are not for websites', async () => {
    const foreign = { origin: 'https://elsewhere.example' }
    const answer = await fetch(`${standIn.url}/_local/calls`, { method: 'DELETE', headers: foreign })
    expect(answer.status).toBe(403)
  })
})

test('a client secret opens nothing but intents, and is no parameter elsewhere', async () => {
  const body = 'amount=2000&currency=usd&client_secret=pi_x'
  const answer = await standIn.call('/v1/payment_intents', { method: 'POST', headers: form, body })
  expect(answer.status).toBe(400)
  expect(await errorOf(answer)).toMatchObject({ code: 'parameter_unknown', param: 'client_secret' })
})
