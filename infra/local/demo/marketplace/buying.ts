import { randomUUID } from 'node:crypto'
import { Stripe } from 'stripe'
import { formatAmount } from '../../../../lib/money/currencies.ts'
import { type Client, expectStatus, type Json, type Person, until } from '../../client.ts'
import { detail, step } from '../steps.ts'
import { market, read } from './calls.ts'

export async function buy(client: Client, mia: Person, product: Json): Promise<Json> {
  const placed = await step('Mia orders the lease', async () =>
    expectStatus(201, await place(client, mia, product.id, product.tiers[0].id)),
  )
  detail(`${placed.status}: ${formatAmount(placed.total_amount, placed.currency)}`)
  await step('She pays Stripe with a card', () => pay(client, placed))
  const order = await step('Stripe tells the platform, which completes the order', () =>
    settled(client, mia, placed.id),
  )
  detail(`order ${order.number} is ${order.status}`)
  return order
}

export async function showShares(client: Client, people: readonly Person[]) {
  for (const person of people) {
    const { pending } = await read(client, person, `${market}/balance`)
    const sums = pending.map(({ amount, currency }: Json) => formatAmount(amount, currency)).join(', ')
    detail(`${person.username} has ${sums}, to be paid out after seven days`)
  }
}

export async function race(client: Client, buyers: readonly Person[], product: Json) {
  const answers = await step('Both order it in the same moment', () =>
    Promise.all(buyers.map((buyer) => place(client, buyer, product.id, product.tiers[1].id))),
  )
  const won = answers.findIndex(({ status }) => status === 201)
  for (const [at, { status, body }] of answers.entries())
    detail(
      `${buyers[at]!.username}: ${status === 201 ? 'reserved for 30 minutes' : `${status} ${body.code}`}`,
    )
  if (won < 0 || answers.filter(({ status }) => status === 201).length !== 1)
    throw new Error('An exclusive licence goes to one, and one only')
  await step('The one who has it pays', () => pay(client, answers[won]!.body))
  const order = await settled(client, buyers[won]!, answers[won]!.body.id)
  const { status } = await read(client, buyers[won]!, `${market}/products/${product.id}`)
  detail(`order ${order.number} is ${order.status}; the product is ${status}`)
}

const place = (client: Client, { token }: Person, product_id: string, tier_id: string) =>
  client.request('POST', `${market}/orders`, {
    token,
    headers: { 'idempotency-key': randomUUID() },
    body: { items: [{ product_id, tier_id }] },
  })

function stripeOf({ platform }: Client): Stripe {
  const { secret_key, api_url } = platform.stripe
  const { hostname, port, protocol } = new URL(api_url)
  return new Stripe(secret_key, { host: hostname, port, protocol: protocol === 'http:' ? 'http' : 'https' })
}

const pay = (client: Client, { payment }: Json) =>
  stripeOf(client).paymentIntents.confirm(payment.payment_intent_id, { payment_method: 'pm_card_visa' })

/** Stripe tells the platform what became of a payment; the buyer sees it in the order. */
const settled = (client: Client, buyer: Person, id: string): Promise<Json> =>
  until('the order to be settled', async () => {
    const order = await read(client, buyer, `${market}/orders/${id}`)
    return order.status === 'requires_payment' || order.status === 'paid' ? undefined : order
  })
