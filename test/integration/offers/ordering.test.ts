import { randomUUID } from 'node:crypto'
import { expireOrders } from '../../../lib/orders/sweep.ts'
import { hourMs, later } from '../../../lib/time.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createMemoryStripe } from '../../support/memory-stripe.ts'
import { createHaggling } from '../../support/offers.ts'
import { createShop } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const database = useDatabase()
const openConnections = useConnections(database)
const { sql } = database
let time = new Date()
const now = () => time
const stripe = createMemoryStripe({ now })
const shop = createShop(sql, { stripe, now })
const { make, read, accept, counter, withdraw, orderFor } = createHaggling(shop)

beforeEach(() => {
  time = new Date()
})
afterEach(() => expectSound(sql))

async function setUp({ is_exclusive = false } = {}) {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, { tiers: [{ is_exclusive, price_amount: 5_000 }] })
  const { body } = await make(buyer, product, 3_000)
  return { seller, buyer, product, id: body.id as string }
}

async function setUpAccepted(options = {}) {
  const parts = await setUp(options)
  await accept(parts.seller, parts.id)
  return parts
}

const statusOf = async (buyer: Parameters<typeof read>[0], id: string) => (await read(buyer, id)).body.status

test.each([[false], [true]])('is paid as agreed on, once (exclusive: %s)', async (is_exclusive) => {
  const { buyer, product, id } = await setUpAccepted({ is_exclusive })
  const { status, body } = await orderFor(buyer, product, id, { expected_total_amount: 3_000 })
  expect(status).toBe(201)
  expect(body).toMatchObject({ total_amount: 3_000, items: [{ price_amount: 3_000 }] })
  expect((await read(buyer, id)).body).toMatchObject({ status: 'ordered', order_id: body.id })
  expect((await orderFor(buyer, product, id)).problem.code).toBe('offer_not_payable')
  await shop.pay(body.payment!.payment_intent_id)
  expect((await shop.read(buyer, body.id)).body.status).toBe('completed')
  expect(await statusOf(buyer, id)).toBe('ordered')
})

test('is paid as the seller named it, where the buyer accepted that', async () => {
  const { seller, buyer, product, id } = await setUp()
  await counter(seller, id, 4_000)
  expect((await orderFor(buyer, product, id)).problem.code).toBe('offer_not_payable')
  await accept(buyer, id)
  expect((await orderFor(buyer, product, id)).body.total_amount).toBe(4_000)
})

test('is not paid while it is open, after its time, by another, for another tier, or where there is none', async () => {
  const open = await setUp()
  expect((await orderFor(open.buyer, open.product, open.id)).problem.code).toBe('offer_not_payable')
  const { seller, buyer, product, id } = await setUpAccepted()
  const refused = async (...args: Parameters<typeof orderFor>) =>
    expect((await orderFor(...args)).problem.code).toBe('offer_not_payable')
  await refused(await seedPerson(sql), product, id)
  await refused(buyer, await seedProduct(sql, seller), id)
  await refused(buyer, product, randomUUID())
  time = later(time, 48 * hourMs)
  await refused(buyer, product, id)
})

test('takes no discount, which what stands beside it does', async () => {
  const { seller, buyer, product, id } = await setUpAccepted()
  await sql`
    insert into discounts (seller_id, code, percent_bps, starts_at, created_at, updated_at)
    values (${seller.id}, 'SPRING', 5000, ${time}, ${time}, ${time})
  `
  const alone = await orderFor(buyer, product, id, { discount_code: 'SPRING' })
  expect(alone.problem.code).toBe('discount_unavailable')
  const other = await seedProduct(sql, seller, { kind: 'service', tiers: [{ price_amount: 2_000 }] })
  const items = [
    { product_id: product.product_id, tier_id: product.tier_ids[0], offer_id: id },
    { product_id: other.product_id, tier_id: other.tier_ids[0] },
  ]
  const { body } = await shop.order(buyer, items, { discount_code: 'SPRING' })
  expect(body).toMatchObject({ subtotal_amount: 5_000, discount_amount: 1_000, total_amount: 4_000 })
})

test('can be ordered again once its order is cancelled, until its time is over', async () => {
  const { buyer, product, id } = await setUpAccepted()
  const first = await orderFor(buyer, product, id)
  expect((await make(buyer, product, 2_000)).problem.code).toBe('conflict')
  await shop.cancel(buyer, first.body.id)
  expect((await read(buyer, id)).body).toMatchObject({ status: 'accepted', order_id: null })
  const second = await orderFor(buyer, product, id)
  expect(second.body.total_amount).toBe(3_000)
  time = later(time, 48 * hourMs)
  await shop.settlement.settleIntent(
    await stripe.cancelIntent(second.body.payment!.payment_intent_id, `cancel:${second.body.id}`),
  )
  expect((await shop.read(buyer, second.body.id)).body.status).toBe('expired')
  expect(await statusOf(buyer, id)).toBe('expired')
})

test('the same key finds the same order, and not for another price', async () => {
  const { buyer, product, id } = await setUpAccepted()
  const forgetful = createHaggling(createShop(sql, { stripe, now }))
  const key = randomUUID()
  const first = await orderFor(buyer, product, id, { key })
  await sql`delete from idempotency_keys`
  const again = await forgetful.orderFor(buyer, product, id, { key })
  expect([again.status, again.body.id]).toEqual([201, first.body.id])
  await sql`delete from idempotency_keys`
  expect((await forgetful.orderFor(buyer, product, randomUUID(), { key })).problem.code).toBe(
    'idempotency_mismatch',
  )
})

describe('at once', () => {
  const openHaggling = async (count: number) =>
    (await openConnections(count)).map((connection) =>
      createHaggling(createShop(connection, { stripe, now })),
    )

  test('two make one offer for a tier', async () => {
    const { product } = await setUp()
    const buyer = await seedPerson(sql)
    const hands = await openHaggling(4)
    const made = await Promise.all(hands.map((hand) => hand.make(buyer, product, 1_000)))
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  })

  test('two accept it: one does', async () => {
    const { seller, id } = await setUp()
    const hands = await openHaggling(4)
    const answers = await Promise.all(hands.map((hand) => hand.accept(seller, id)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    const told =
      await sql`select from outbox where payload ->> 'offer_id' = ${id} and type = 'offer.accepted'`
    expect(told).toHaveLength(1)
  })

  test('one accepts it and the other takes it back: it is withdrawn, however they meet', async () => {
    const [one, other] = await openHaggling(2)
    for (let round = 0; round < 10; round++) {
      const { seller, buyer, id } = await setUp()
      const [accepted, withdrawn] = await Promise.all([one!.accept(seller, id), other!.withdraw(buyer, id)])
      // Withdrawn before or after it was accepted, which is refused in the first case.
      expect(withdrawn.status).toBe(200)
      expect([200, 409]).toContain(accepted.status)
      expect(await statusOf(buyer, id)).toBe('withdrawn')
    }
  })

  test('it is ordered and taken back: one of the two', async () => {
    const [one, other] = await openHaggling(2)
    for (let round = 0; round < 10; round++) {
      const { buyer, product, id } = await setUpAccepted()
      const [ordered, withdrawn] = await Promise.all([
        one!.orderFor(buyer, product, id),
        other!.withdraw(buyer, id),
      ])
      expect([ordered.status, withdrawn.status].sort((a, b) => a - b)).toEqual([
        ordered.status === 201 ? 201 : 200,
        409,
      ])
      expect(await statusOf(buyer, id)).toBe(ordered.status === 201 ? 'ordered' : 'withdrawn')
    }
  })

  test('it is ordered twice: once', async () => {
    const { buyer, product, id } = await setUpAccepted()
    const hands = await openHaggling(4)
    const orders = await Promise.all(hands.map((hand) => hand.orderFor(buyer, product, id)))
    expect(orders.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  })
})

test('an order that is paid after its time has its offer again', async () => {
  const { buyer, product, id } = await setUpAccepted()
  const { body } = await orderFor(buyer, product, id)
  time = later(time, 25 * hourMs)
  // As the clock ends what has no payment at Stripe.
  await sql`update orders set payment_intent_id = null where id = ${body.id}`
  await expireOrders(sql, time)
  expect(await statusOf(buyer, id)).toBe('accepted')
  const intent_id = body.payment!.payment_intent_id
  await sql`update orders set payment_intent_id = ${intent_id} where id = ${body.id}`
  await shop.pay(intent_id)
  expect((await shop.read(buyer, body.id)).body.status).toBe('completed')
  expect((await read(buyer, id)).body).toMatchObject({ status: 'ordered', order_id: body.id })
  expect((await withdraw(buyer, id)).problem.code).toBe('conflict')
})
