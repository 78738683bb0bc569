import Stripe from 'stripe'
import { API_VERSION } from '../../../infra/local/stripe/context.ts'
import { pay, useStandIn } from '../../support/stripe-standin.ts'

const standIn = useStandIn()

afterEach(async () => {
  standIn.answerWith(200)
  await standIn.local('DELETE', 'webhooks')
})

/** An event of its own type for each test. */
const tell = async (metadata: Record<string, string> = {}) =>
  (await standIn.stripe.paymentIntents.create({ amount: 2_000, currency: 'usd', metadata })).id

interface Delivery {
  readonly state: string
  readonly attempts: readonly { readonly status: number | null }[]
}

async function deliveriesOf(event: string): Promise<readonly Delivery[]> {
  return (await standIn.local('GET', `events/${event}/deliveries`)).body.data as unknown as Delivery[]
}

test('tells of a payment, signed, in the envelope of Stripe', async () => {
  const { stripe } = standIn
  const intent = await stripe.paymentIntents.create(
    { amount: 2_000, currency: 'usd', confirm: true, payment_method: 'pm_card_visa' },
    { idempotencyKey: 'told' },
  )
  const [succeeded] = await standIn.delivered('payment_intent.succeeded', intent.id)
  expect(succeeded!.event).toMatchObject({
    id: expect.stringMatching(/^evt_\w{24}$/),
    object: 'event',
    api_version: API_VERSION,
    livemode: false,
    pending_webhooks: 1,
    request: { id: intent.lastResponse.requestId, idempotency_key: 'told' },
    data: {
      object: { object: 'payment_intent', status: 'succeeded', latest_charge: expect.stringMatching(/^ch_/) },
    },
  })
  expect(succeeded!.event).not.toHaveProperty('account')
  await standIn.delivered('payment_intent.created', intent.id)
  await standIn.delivered('charge.succeeded', intent.latest_charge as string)

  const [updated] = await standIn.delivered('charge.updated', intent.latest_charge as string)
  expect(updated!.event.request).toEqual({ id: null, idempotency_key: null })
})

test('lists its events and shows each', async () => {
  const { stripe } = standIn
  const { id } = await pay(stripe)
  const [succeeded] = await standIn.delivered('payment_intent.succeeded', id)
  const list = await stripe.events.list({ types: ['payment_intent.succeeded', 'nothing.else'], limit: 1 })
  expect(list.data).toMatchObject([{ id: succeeded!.event.id, type: 'payment_intent.succeeded' }])
  expect((await stripe.events.list({ type: 'nothing.else' })).data).toEqual([])
  const found = await stripe.events.retrieve(succeeded!.event.id)
  expect(found.data.object).toMatchObject({ id })
})

test('signs so that no other secret and no other time passes', async () => {
  const payload = JSON.stringify({ id: 'evt_1', object: 'event' })
  const header = Stripe.webhooks.generateTestHeaderString({ payload, secret: standIn.keys.webhook_secret })
  const verify = (secret: string, receivedAt?: number) =>
    Stripe.webhooks.constructEvent(payload, header, secret, 300, undefined, receivedAt)
  expect(verify(standIn.keys.webhook_secret)).toMatchObject({ id: 'evt_1' })
  expect(() => verify('whsec_other')).toThrow()
  expect(() => verify(standIn.keys.webhook_secret, Date.now() + 301_000)).toThrow()
})

test('sends again what was not taken', async () => {
  standIn.answerWith(500)
  const id = await tell()
  const { data } = await standIn.stripe.events.list({ limit: 1 })
  const event = data[0]!.id
  for (;;) if ((await deliveriesOf(event))[0]!.attempts.length >= 2) break
  standIn.answerWith(200)
  await standIn.delivered('payment_intent.created', id)
  for (;;) if ((await deliveriesOf(event))[0]!.state === 'delivered') break
  const [{ attempts }] = (await deliveriesOf(event)) as [Delivery]
  expect(attempts.map(({ status }) => status)).toEqual([...attempts.slice(1).map(() => 500), 200])
  expect((await standIn.stripe.events.retrieve(event)).pending_webhooks).toBe(0)
})

test('sends twice, late, or not at all, as it is told to, and then as ever', async () => {
  await standIn.local('POST', 'webhooks', { mode: 'duplicate', type: 'payment_intent.created', copies: 3 })
  const thrice = await tell()
  const copies = await standIn.delivered('payment_intent.created', thrice, 3)
  expect(new Set(copies.map(({ event }) => event.id)).size).toBe(1)

  await standIn.local('POST', 'webhooks', { mode: 'late', type: 'payment_intent.*', delay_ms: 1_500 })
  const [late, inTime] = [await tell(), await tell()]
  await standIn.delivered('payment_intent.created', inTime)
  await standIn.delivered('payment_intent.created', late)
  const order = standIn.arrived.map(({ object }) => object.id)
  expect(order.indexOf(late)).toBeGreaterThan(order.indexOf(inTime))

  await standIn.local('POST', 'webhooks', { mode: 'lost', count: 2 })
  const [lost, lostToo, told] = [await tell(), await tell(), await tell()]
  await standIn.delivered('payment_intent.created', told)
  expect(standIn.arrived.filter(({ object }) => object.id === lost || object.id === lostToo)).toEqual([])
  expect((await standIn.local('POST', 'webhooks/resend', { type: 'charge.*' })).body).toEqual({ resent: 0 })
  expect((await standIn.local('POST', 'webhooks/resend')).body).toEqual({ resent: 2 })
  await standIn.delivered('payment_intent.created', lost)
  await standIn.delivered('payment_intent.created', lostToo)
})

test('sends the last first', async () => {
  await standIn.local('POST', 'webhooks', { mode: 'reordered', type: 'payment_intent.created', count: 3 })
  const ids = [await tell(), await tell(), await tell()]
  await standIn.delivered('payment_intent.created', ids[0]!)
  const order = standIn.arrived.map(({ object }) => object.id).filter((id) => ids.includes(id as string))
  expect(order).toEqual(ids.toReversed())
})

test('sends what it holds when its rules are forgotten', async () => {
  await standIn.local('POST', 'webhooks', { mode: 'reordered', type: 'payment_intent.created', count: 5 })
  const id = await tell()
  expect((await standIn.local('GET', 'webhooks')).body).toMatchObject({
    data: [{ mode: 'reordered', left: 4 }],
  })
  await standIn.local('DELETE', 'webhooks')
  await standIn.delivered('payment_intent.created', id)
})

test('sends one event once more', async () => {
  const id = await tell()
  const [first] = await standIn.delivered('payment_intent.created', id)
  await standIn.local('POST', `events/${first!.event.id}/resend`)
  const both = await standIn.delivered('payment_intent.created', id, 2)
  expect(both[1]!.event.id).toBe(first!.event.id)
})

test('keeps everything over a restart: objects, keys, answers, and what is still to be told and done', async () => {
  const { stripe } = standIn
  standIn.answerWith(503)
  const create = (client: Stripe) =>
    client.paymentIntents.create(
      { amount: 2_000, currency: 'usd', confirm: true, payment_method: 'pm_card_createDispute' },
      { idempotencyKey: 'kept' },
    )
  const intent = await create(stripe)
  const { secret_key } = standIn.keys
  await standIn.restart()
  standIn.answerWith(200)

  const after = standIn.client(secret_key)
  expect(await after.paymentIntents.retrieve(intent.id)).toEqual(intent)
  expect((await create(after)).lastResponse.headers['idempotent-replayed']).toBe('true')
  await standIn.delivered('payment_intent.succeeded', intent.id)
  await standIn.delivered('charge.updated', intent.latest_charge as string)
  await standIn.delivered('charge.dispute.created', intent.latest_charge as string)
})

test('goes by the clock it is given', async () => {
  await standIn.advance(86_400_000)
  const id = await tell()
  const { created } = await standIn.stripe.paymentIntents.retrieve(id)
  expect(Math.abs(created - (Date.now() / 1000 + 86_400))).toBeLessThan(60)
  // Verified with the same clock by the endpoint of these tests.
  await standIn.delivered('payment_intent.created', id)
})
