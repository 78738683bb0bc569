import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { releaseDueShares } from '../../../lib/ledger/release.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import type { StripeMishap } from '../../support/memory-stripe.ts'
import { seedPerson } from '../../support/social.ts'
import { createStripeDesk, stateOf } from '../../support/stripe-desk.ts'

const { sql } = useDatabase()

afterEach(() => expectSound(sql))

const hour = 3_600
const day = 24 * hour

async function sell() {
  const desk = createStripeDesk(sql)
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const order = await desk.buy(buyer, await seedProduct(sql, seller, { tiers: [{ price_amount: 3_000 }] }))
  return { desk, seller, buyer, order }
}
type Sale = Awaited<ReturnType<typeof sell>>

const refundOf = async ({ desk, buyer, order }: Sale) => (await desk.refundsOf(buyer, order.id)).body.data[0]!

/** The minutes of which the schedule runs. */
async function pass({ desk }: Sale, seconds: number) {
  for (let passed = 0; passed < seconds; passed += 600) {
    desk.clock.advance(600)
    await desk.work()
  }
}

test.each<{ name: string; mishaps: readonly StripeMishap[] }>([
  { name: 'Stripe does it and does not answer', mishaps: ['unanswered'] },
  { name: 'Stripe is down', mishaps: ['down', 'down'] },
  { name: 'Stripe repeats a failure of its own', mishaps: ['spent'] },
  { name: 'all of it happens', mishaps: ['down', 'unanswered', 'spent', 'down'] },
])('gives back once where $name', async ({ mishaps }) => {
  const sale = await sell()
  sale.desk.stripe.befall('createRefund', ...mishaps)

  await sale.desk.refund(sale.seller, sale.order.id, { amount: 1_000 })
  await pass(sale, 6 * hour)

  expect(sale.desk.stripe.refunds.size).toBe(1)
  expect(await refundOf(sale)).toMatchObject({ status: 'succeeded', amount: 1_000 })
  expect((await stateOf(sql, sale.order.id)).order).toMatchObject({ refunded_amount: 1_000 })
})

test('what Stripe refuses is failed, rings, and can be given back again', async () => {
  const sale = await sell()
  const { desk, seller, order } = sale
  desk.stripe.befall('createRefund', 'refused')
  await desk.refund(seller, order.id)

  const { log } = await captureLog(() => desk.work())

  expect(await refundOf(sale)).toMatchObject({ status: 'failed', failed_reason: 'resource_missing' })
  expect(log.filter((line) => line.stripe_calls_failed === 1)).toHaveLength(1)
  expect((await stateOf(sql, order.id)).order).toMatchObject({ status: 'completed', refunded_amount: 0 })

  expect((await desk.refund(seller, order.id)).status).toBe(201)
  await desk.work()
  expect((await stateOf(sql, order.id)).order).toMatchObject({ status: 'refunded' })
})

test('what was given up is failed once Stripe says that it has no such thing', async () => {
  const sale = await sell()
  const { desk, seller, order } = sale
  desk.stripe.befall('createRefund', ...Array<StripeMishap>(8).fill('down'))
  await desk.refund(seller, order.id)
  await pass(sale, 8 * hour)
  expect(await refundOf(sale)).toMatchObject({ status: 'pending' })

  await desk.reconcile()

  expect(await refundOf(sale)).toMatchObject({ status: 'failed', failed_reason: 'given_up' })
  expect((await desk.refund(seller, order.id)).status).toBe(201)
  await desk.work()
  expect(desk.stripe.refunds.size).toBe(1)
})

test('what was given up and yet done is found there', async () => {
  const sale = await sell()
  const { desk, seller, order } = sale
  desk.stripe.befall('createRefund', ...Array<StripeMishap>(8).fill('unanswered'))
  await desk.refund(seller, order.id)
  await pass(sale, 8 * hour)

  await desk.reconcile()

  expect(await refundOf(sale)).toMatchObject({ status: 'succeeded' })
  expect((await stateOf(sql, order.id)).order).toMatchObject({ status: 'refunded' })
})

test.each([
  { status: 'succeeded', amount: 700 },
  { status: 'failed', amount: 0 },
] as const)(
  'one that is made at Stripe and under way is known, and $status in the end',
  async ({ status, amount }) => {
    const sale = await sell()
    const { desk, order } = sale
    const { id } = await desk.refundAtStripe(order.intent_id, 700)
    desk.stripe.changeRefund(id, { status: 'pending' })
    await desk.tell('refund.created', id)
    expect(await refundOf(sale)).toMatchObject({ status: 'pending', amount: 700, reason: 'other' })
    expect((await desk.refund(sale.seller, order.id, { amount: 2_301 })).problem.code).toBe(
      'refund_too_large',
    )

    desk.stripe.changeRefund(id, { status, ...(status === 'failed' && { failure_reason: 'declined' }) })
    await desk.tell('refund.updated', id)

    expect(await refundOf(sale)).toMatchObject({
      status,
      failed_reason: status === 'failed' ? 'declined' : null,
    })
    expect((await stateOf(sql, order.id)).order).toMatchObject({ refunded_amount: amount })
  },
)

test('a bank that sends it back leaves the order refunded, the money with us, and rings once', async () => {
  const sale = await sell()
  const { desk, seller, order } = sale
  await desk.refund(seller, order.id)
  await desk.work()
  const [id] = [...desk.stripe.refunds.keys()] as [string]
  desk.stripe.changeRefund(id, { status: 'failed', failure_reason: 'lost_or_stolen_card' })

  const { log } = await captureLog(async () => {
    await desk.tell('refund.failed', id)
    await desk.tell('charge.refund.updated', id)
  })

  expect(log.filter((line) => line.stripe_calls_failed === 1)).toHaveLength(1)
  const { order: state, accounts } = await stateOf(sql, order.id)
  expect(state).toMatchObject({ status: 'refunded', refunded_amount: 3_000 })
  expect(accounts).toContainEqual({ account: 'customers', currency: 'usd', amount: -3_000 })
  expect(await readBalance(sql, seller.id)).toMatchObject({ pending: 0, available: 0 })
  expect(await refundOf(sale)).toMatchObject({ status: 'succeeded', failed_reason: 'lost_or_stolen_card' })
})

test('after the payout the seller owes it, and the next sale pays for it', async () => {
  const sale = await sell()
  const { desk, seller, order } = sale
  desk.clock.advance(8 * day)
  await releaseDueShares(sql, desk.clock.now())
  expect(await readBalance(sql, seller.id)).toMatchObject({ available: 2_700 })
  const paidOut = await desk.api(marketplaceRoutes.requestPayout, seller, {
    body: { currency: 'usd' },
    headers: { 'idempotency-key': 'all' },
  })
  expect(paidOut.status).toBe(201)
  await desk.work()

  await desk.refund(seller, order.id)
  await desk.work()
  expect(await readBalance(sql, seller.id)).toMatchObject({ available: -2_700, pending: 0 })

  await desk.buy(await seedPerson(sql), await seedProduct(sql, seller, { tiers: [{ price_amount: 4_000 }] }))
  desk.clock.advance(8 * day)
  await releaseDueShares(sql, desk.clock.now())
  expect(await readBalance(sql, seller.id)).toMatchObject({ available: 900 })
})

test('a payment that is cancelled and not answered is cancelled once', async () => {
  const desk = createStripeDesk(sql)
  const buyer = await seedPerson(sql)
  const { product_id, tier_ids } = await seedProduct(sql, await seedSeller(sql))
  const order = await desk.orderPayable(buyer, [{ product_id, tier_id: tier_ids[0] }])
  desk.stripe.befall('cancelIntent', 'unanswered', 'unanswered')

  await desk.cancel(buyer, order.id)
  desk.clock.advance(120)
  await desk.work()
  desk.clock.advance(120)
  await desk.work()

  expect((await desk.read(buyer, order.id)).body.status).toBe('cancelled')
  expect(desk.stripe.intents.get(order.intent_id)?.status).toBe('canceled')
})
