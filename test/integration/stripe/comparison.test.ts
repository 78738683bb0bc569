import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { releaseDueShares } from '../../../lib/ledger/release.ts'
import { createBalanceCheck } from '../../../lib/stripe/balance.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { captureLog } from '../../support/log.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { createStripeDesk, stateOf } from '../../support/stripe-desk.ts'

const { sql } = useDatabase()

beforeEach(async () => {
  await sql`delete from stripe_balance_transactions`
})
afterEach(() => expectSound(sql))

/** A day of its own, so that what other tests have left is not looked at. */
let days = 0
async function prepare() {
  const desk = createStripeDesk(sql)
  days += 40
  desk.clock.advance(days * 86_400)
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, { tiers: [{ price_amount: 3_000 }] })
  const compare = async () => {
    desk.clock.advance(2 * 3_600)
    const stripeQueue = {
      send: async (messages: readonly { readonly id: string; readonly body: string }[]) => {
        for (const { body } of messages) await desk.handle(JSON.parse(body))
        return messages.map(({ id }) => id)
      },
    }
    const { log } = await captureLog(() => createBalanceCheck({ sql, stripeQueue })(desk.clock.now()))
    return log.filter(({ message }) => message === 'The ledger and Stripe differ')
  }
  return { desk, seller, buyer, product, compare }
}

test('finds nothing where all is settled', async () => {
  const { desk, buyer, product, compare } = await prepare()
  const order = await desk.buy(buyer, product)
  const refund = await desk.refundAtStripe(order.intent_id, 500)
  await desk.tell('refund.created', refund.id)
  const dispute = desk.stripe.dispute(order.intent_id, { amount: 2_500 })
  desk.stripe.decideDispute(dispute.id, 'won')
  await desk.tell('charge.dispute.closed', dispute.id)

  expect(await compare()).toEqual([])
  expect(await sql`select from stripe_balance_transactions`).toHaveLength(4)
})

test('settles a payment, a refund and a dispute of which every event was lost', async () => {
  const { desk, buyer, product, compare } = await prepare()
  const order = await desk.orderPayable(buyer, itemsOf(product))
  desk.stripe.pay(order.intent_id)
  await desk.refundAtStripe(order.intent_id, 500)
  desk.stripe.dispute(order.intent_id, { amount: 2_500 })

  expect(await compare()).toEqual([])

  expect(await stateOf(sql, order.id)).toMatchObject({
    order: { status: 'disputed', refunded_amount: 500 },
    refunds: [{ amount: 500, status: 'succeeded' }],
    disputes: [{ amount: 2_500, status: 'needs_response' }],
  })
})

test('finds the transfer of a payout, and settles one that was not answered', async () => {
  const { desk, seller, buyer, product, compare } = await prepare()
  await desk.buy(buyer, product)
  desk.clock.advance(8 * 86_400)
  await releaseDueShares(sql, desk.clock.now())
  desk.stripe.befall('createTransfer', 'unanswered')
  const { body } = await desk.api(marketplaceRoutes.requestPayout, seller, {
    body: { currency: 'usd' },
    headers: { 'idempotency-key': 'all' },
  })
  await desk.work()
  expect(body.status).toBe('pending')

  expect(await compare()).toEqual([])
  const [payout] = await sql`select status from payouts where id = ${body.id}`
  expect(payout).toMatchObject({ status: 'in_transit' })
})

test('tells of what Stripe has and no order asked for, with the metric', async () => {
  const { desk, buyer, product, compare } = await prepare()
  const order = await desk.orderPayable(buyer, itemsOf(product))
  desk.stripe.pay(order.intent_id, 2_999)

  expect(await compare()).toMatchObject([{ rule: 'stripe_movement_is_in_the_ledger', money_breaches: 1 }])
})

test('tells of what the ledger has and Stripe has not, and of another amount', async () => {
  const { desk, buyer, product, compare } = await prepare()
  const order = await desk.buy(buyer, product)
  desk.clock.advance(60)
  await sql.begin(async (tx) => {
    const [movement] = await tx<[{ id: string }]>`
      insert into ledger_movements (external_id, kind, order_id, at)
      values (${`fee:txn_${order.id}`}, 'stripe_fee', ${order.id}, ${desk.clock.now()})
      returning id
    `
    await tx`
      insert into ledger_entries (movement_id, account, amount, currency)
      values (${movement.id}, 'stripe_fees', 7, 'usd'), (${movement.id}, 'platform', -7, 'usd')
    `
  })
  desk.stripe.changeTransactions((transaction) => ({ ...transaction, amount: transaction.amount + 1 }))

  expect(await compare()).toMatchObject([
    { rule: 'stripe_amount_is_that_of_the_ledger' },
    { rule: 'ledger_movement_is_at_stripe', subject: `fee:txn_${order.id}` },
  ])
})
