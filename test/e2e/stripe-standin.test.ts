import Stripe from 'stripe'
import { newClient } from '../support/platform.ts'

const { platform } = await newClient()
const { api_url, secret_key, publishable_key } = platform.stripe
const { hostname, port } = new URL(api_url)
const clientOf = (key: string) =>
  new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 })

interface Delivery {
  readonly state: string
  readonly attempts: readonly { readonly status: number | null }[]
}

async function deliveriesOf(event: string): Promise<readonly Delivery[]> {
  const response = await fetch(`${api_url}/_local/events/${event}/deliveries`)
  return ((await response.json()) as { data: Delivery[] }).data
}

test('the official package pays at the platform’s Stripe, and the platform takes what it is told of it', async () => {
  const stripe = clientOf(secret_key)
  const { id, client_secret } = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
  const browser = clientOf(publishable_key)
  const paid = await browser.paymentIntents.confirm(id, {
    client_secret: client_secret!,
    payment_method: 'pm_card_visa',
  } as Stripe.PaymentIntentConfirmParams)
  expect(paid.status).toBe('succeeded')

  const { data } = await stripe.events.list({ type: 'payment_intent.succeeded', limit: 100 })
  const told = data.find((event) => (event.data.object as Stripe.PaymentIntent).id === id)!
  for (;;) if ((await deliveriesOf(told.id))[0]!.state === 'delivered') break
  expect((await deliveriesOf(told.id))[0]!.attempts.at(-1)).toMatchObject({ status: 200 })
})

test('goes by the clock of the platform', async () => {
  const { created } = await clientOf(secret_key).paymentIntents.create({ amount: 2_000, currency: 'usd' })
  const moved = await fetch(`${platform.api_url}/_local/clock`, { method: 'POST', body: '{"advance_ms": 0}' })
  const { now } = (await moved.json()) as { now: string }
  expect(Math.abs(created - Date.parse(now) / 1000)).toBeLessThan(60)
})

test.each([
  ['pm_card_chargeDeclined', 'card_declined'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined'],
])('declines %s', async (payment_method, code) => {
  const stripe = clientOf(secret_key)
  const { id } = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
  await expect(stripe.paymentIntents.confirm(id, { payment_method })).rejects.toMatchObject({
    statusCode: 402,
    code,
  })
})

test('asks for authentication', async () => {
  const stripe = clientOf(secret_key)
  const { id } = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd' })
  const intent = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_authenticationRequired' })
  expect(intent.status).toBe('requires_action')
  const done = await fetch(`${api_url}/_local/payment_intents/${id}/authenticate`, { method: 'POST' })
  expect(await done.json()).toMatchObject({ status: 'succeeded' })
})
