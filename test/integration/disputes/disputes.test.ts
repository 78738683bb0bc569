import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { eventsOf, historyOf, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { createStripeDesk, stateOf } from '../../support/stripe-desk.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)

afterEach(() => expectSound(sql))

async function sell(desk = createStripeDesk(sql)) {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, { tiers: [{ price_amount: 3_000 }] })
  const order = await desk.buy(buyer, product)
  const dispute = async (amount?: number) => {
    const { id } = desk.stripe.dispute(order.intent_id, amount === undefined ? {} : { amount })
    await desk.tell('charge.dispute.created', id)
    return id
  }
  const decide = async (id: string, outcome: 'won' | 'lost') => {
    desk.stripe.decideDispute(id, outcome)
    await desk.tell('charge.dispute.closed', id)
  }
  return { desk, seller, buyer, order, dispute, decide }
}

const licenseOf = async (orderId: string) => (await stateOf(sql, orderId)).items[0].license

test('freezes the order, its licence and what was earned, and has a deadline', async () => {
  const { desk, seller, order, dispute } = await sell()

  await dispute()

  expect((await stateOf(sql, order.id)).order).toMatchObject({
    status: 'disputed',
    status_before_dispute: 'completed',
  })
  expect(await licenseOf(order.id)).toBe('frozen')
  expect(await readBalance(sql, seller.id)).toMatchObject({ pending: 0, held: 2_700 })
  expect(await eventsOf(sql, order.id)).toContain('order.disputed')
  const { body } = await desk.api(marketplaceRoutes.listDisputes, seller)
  expect(body.data).toMatchObject([
    { order_id: order.id, amount: 3_000, currency: 'usd', status: 'needs_response', outcome: null },
  ])
  expect(body.data[0]?.evidence_due_at).not.toBeNull()
})

test('that is won gives all of it back', async () => {
  const { seller, order, dispute, decide } = await sell()
  const before = await stateOf(sql, order.id)

  await decide(await dispute(), 'won')

  const after = await stateOf(sql, order.id)
  expect(after.order).toEqual(before.order)
  expect(after.items).toEqual(before.items)
  expect(after.shares).toEqual(before.shares)
  expect(await readBalance(sql, seller.id)).toMatchObject({ pending: 2_700, held: 0 })
  expect(await historyOf(sql, order.id)).toEqual([
    'requires_payment',
    'paid',
    'completed',
    'disputed',
    'completed',
  ])
})

test('that is lost takes it for good', async () => {
  const { seller, order, dispute, decide } = await sell()

  await decide(await dispute(), 'lost')

  expect((await stateOf(sql, order.id)).order).toMatchObject({ status: 'refunded', refunded_amount: 3_000 })
  expect(await licenseOf(order.id)).toBe('revoked')
  expect(await readBalance(sql, seller.id)).toMatchObject({ pending: 0, held: 0 })
})

test.each(['warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented'])(
  'that is a question of the bank (%s) moves and freezes nothing',
  async (status) => {
    const { desk, seller, order } = await sell()
    const before = await stateOf(sql, order.id)
    const asked = desk.stripe.dispute(order.intent_id)
    desk.stripe.changeDispute(asked.id, { status, balance_transactions: [] })

    await desk.tell('charge.dispute.created', asked.id)

    const after = await stateOf(sql, order.id)
    expect({ ...after, disputes: [] }).toEqual(before)
    expect(after.disputes).toMatchObject([{ status }])
    const { body } = await desk.api(marketplaceRoutes.listDisputes, seller)
    expect(body.data.map((dispute) => dispute.status)).toEqual([status])
  },
)

test('of two the first that is won frees nothing', async () => {
  const { seller, order, dispute, decide } = await sell()
  const [first, second] = [await dispute(1_000), await dispute(2_000)]

  await decide(first, 'won')
  expect((await stateOf(sql, order.id)).order).toMatchObject({ status: 'disputed' })
  expect(await licenseOf(order.id)).toBe('frozen')
  expect(await readBalance(sql, seller.id)).toMatchObject({ held: 2_700 })

  await decide(second, 'lost')
  expect((await stateOf(sql, order.id)).order).toMatchObject({
    status: 'partially_refunded',
    refunded_amount: 2_000,
  })
  expect(await licenseOf(order.id)).toBe('revoked')
})

test('that comes before the payment was told of finds it paid and completed', async () => {
  const desk = createStripeDesk(sql)
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const order = await desk.orderPayable(buyer, itemsOf(await seedProduct(sql, seller)))
  desk.stripe.pay(order.intent_id)
  const { id } = desk.stripe.dispute(order.intent_id)

  await desk.tell('charge.dispute.created', id)

  expect(await historyOf(sql, order.id)).toEqual(['requires_payment', 'paid', 'completed', 'disputed'])
  expect(await licenseOf(order.id)).toBe('frozen')
})

test('that an appeal has turned rings, and changes nothing by itself', async () => {
  const { desk, order, dispute, decide } = await sell()
  const id = await dispute()
  await decide(id, 'lost')
  const before = await stateOf(sql, order.id)

  desk.stripe.changeDispute(id, { status: 'won' })
  await desk.tell('charge.dispute.updated', id)

  expect({ ...(await stateOf(sql, order.id)), disputes: [] }).toEqual({ ...before, disputes: [] })
})

test('is settled once, however many workers hear of it at once', async () => {
  const { desk, order } = await sell()
  const dispute = desk.stripe.dispute(order.intent_id)
  desk.stripe.decideDispute(dispute.id, 'lost')
  const refund = desk.webhookOf('charge.dispute.closed', dispute.id)
  const others = Array.from({ length: 19 }, () => desk.webhookOf('charge.dispute.created', dispute.id))
  for (const webhook of [refund, ...others]) await desk.deliver(webhook)
  const messages = desk.messages.splice(0)
  const workers = (await openConnections(5)).map((on) => createStripeDesk(on, desk))

  await Promise.all(messages.map((message, at) => workers[at % 5]!.handle(message)))

  expect((await stateOf(sql, order.id)).movements.map(({ kind }: { kind: string }) => kind)).toEqual([
    'dispute',
    'dispute_lost',
    'sale',
    'stripe_fee',
    'stripe_fee',
  ])
  expect(await historyOf(sql, order.id)).toEqual([
    'requires_payment',
    'paid',
    'completed',
    'disputed',
    'refunded',
  ])
})

test('is seen by its seller and operators, and by nobody else', async () => {
  const { desk, seller, buyer, dispute } = await sell()
  await dispute()
  const admin = await seedPerson(sql, undefined, { role: 'admin' })
  const dispute_id = (await desk.api(marketplaceRoutes.listDisputes, seller)).body.data[0]!.id
  const get = async (as: Actor) =>
    (await desk.api(marketplaceRoutes.getDispute, as, { params: { dispute_id } })).status

  expect([await get(seller), await get(admin)]).toEqual([200, 200])
  expect([await get(await seedSeller(sql)), await get(buyer)]).toEqual([404, 403])
  expect((await desk.api(marketplaceRoutes.listDisputes, await seedSeller(sql))).body.data).toEqual([])
})
