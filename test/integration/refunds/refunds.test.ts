import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, readBalance } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { eventsOf, historyOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { createStripeDesk } from '../../support/stripe-desk.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)

afterEach(() => expectSound(sql))

const dayInSeconds = 86_400

/** Two items of one seller and one of another, paid: 20.00, 10.00 and 30.00. */
async function sell(desk = createStripeDesk(sql)) {
  const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
  const [buyer, admin] = [await seedPerson(sql), await seedPerson(sql, undefined, { role: 'admin' })]
  const products = [
    await seedProduct(sql, seller, { tiers: [{ price_amount: 2_000 }] }),
    await seedProduct(sql, seller, { tiers: [{ price_amount: 1_000 }] }),
    await seedProduct(sql, other, { tiers: [{ price_amount: 3_000 }] }),
  ]
  const order = await desk.buy(buyer, ...products)
  const [first, second, third] = order.items.map(({ id }) => id)
  return { desk, seller, other, buyer, admin, order, first: first!, second: second!, third: third! }
}

const licensesOf = async (orderId: string) => {
  const rows = await sql<{ status: string }[]>`
    select l.status from licenses l join order_items i on i.id = l.order_item_id
    where i.order_id = ${orderId} order by i.position
  `
  return rows.map(({ status }) => status)
}

test('a seller gives back all of their items, and none of others', async () => {
  const { desk, seller, other, buyer, order, first, second } = await sell()

  const { status, body } = await desk.refund(seller, order.id, { note: 'Sorry' })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    order_id: order.id,
    amount: 3_000,
    currency: 'usd',
    reason: 'requested_by_customer',
    note: 'Sorry',
    status: 'pending',
    items: expect.arrayContaining([
      { order_item_id: first, amount: 2_000 },
      { order_item_id: second, amount: 1_000 },
    ]),
    settled_at: null,
  })
  expect((await desk.read(buyer, order.id)).body).toMatchObject({ status: 'completed', refunded_amount: 0 })

  await desk.work()
  expect((await desk.read(buyer, order.id)).body).toMatchObject({
    status: 'partially_refunded',
    refunded_amount: 3_000,
  })
  expect(await licensesOf(order.id)).toEqual(['revoked', 'revoked', 'active'])
  expect([...desk.stripe.refunds.values()]).toMatchObject([{ refund_id: body.id, amount: 3_000 }])
  expect(await readBalance(sql, seller.id)).toMatchObject({ pending: 0 })
  expect(await readBalance(sql, other.id)).toMatchObject({ pending: 2_700 })
  expect(await eventsOf(sql, order.id)).toContain('order.refunded')
  expect((await desk.refundsOf(buyer, order.id)).body.data).toMatchObject([
    { id: body.id, status: 'succeeded', amount: 3_000 },
  ])
})

test('an operator gives back all that is left, and the order is refunded', async () => {
  const { desk, seller, admin, order, first } = await sell()
  await desk.refund(seller, order.id, { items: [{ order_item_id: first, amount: 500 }] })
  await desk.work()

  const { body } = await desk.refund(admin, order.id)
  await desk.work()

  expect(body.amount).toBe(5_500)
  expect(await historyOf(sql, order.id)).toEqual([
    'requires_payment',
    'paid',
    'completed',
    'partially_refunded',
    'refunded',
  ])
  expect(await licensesOf(order.id)).toEqual(['revoked', 'revoked', 'revoked'])
  const notes =
    await sql`select seller_id from invoices where order_id = ${order.id} and kind = 'credit_note'`
  expect(notes).toHaveLength(3)
})

test('a part of an item leaves its licence alone, until the rest follows', async () => {
  const { desk, seller, order, first } = await sell()
  await desk.refund(seller, order.id, { items: [{ order_item_id: first, amount: 1_999 }] })
  await desk.work()
  expect(await licensesOf(order.id)).toEqual(['active', 'active', 'active'])

  await desk.refund(seller, order.id, { items: [{ order_item_id: first }] })
  await desk.work()
  expect(await licensesOf(order.id)).toEqual(['revoked', 'active', 'active'])
})

test('an amount is divided over the items in proportion', async () => {
  const { desk, admin, order } = await sell()

  const { body } = await desk.refund(admin, order.id, { amount: 601 })

  expect(body.items.map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([100, 200, 301])
})

describe('is refused', () => {
  test('for strangers, the buyer and other people’s items as if it were not there', async () => {
    const { desk, seller, buyer, order, third } = await sell()
    const [stranger, somebody] = [await seedSeller(sql), await seedPerson(sql)]

    expect((await desk.refund(stranger, order.id)).problem.code).toBe('not_found')
    expect((await desk.refund(buyer, order.id)).problem.code).toBe('forbidden')
    expect((await desk.refund(somebody, order.id)).problem.code).toBe('forbidden')
    expect((await desk.refund(seller, order.id, { items: [{ order_item_id: third }] })).problem.code).toBe(
      'validation_failed',
    )
    expect((await desk.refund(seller, '0199f0f0-0000-7000-8000-000000000001')).status).toBe(404)
    expect((await desk.refundsOf(stranger, order.id)).status).toBe(404)
  })

  test.each([
    { name: 'nothing', wanted: { amount: 0 } },
    { name: 'a negative amount', wanted: { amount: -1 } },
    { name: 'a fraction', wanted: { amount: 0.5 } },
    { name: '10^12', wanted: { amount: 1e12 } },
    { name: 'no items', wanted: { items: [] } },
    {
      name: 'items and an amount',
      wanted: { amount: 1, items: [{ order_item_id: '0199f0f0-0000-7000-8000-000000000001' }] },
    },
    { name: 'a reason of ours', wanted: { reason: 'late_payment' as never } },
    { name: 'a long note', wanted: { note: 'n'.repeat(1_001) } },
  ])('with $name', async ({ wanted }) => {
    const { desk, seller, order } = await sell()
    expect((await desk.refund(seller, order.id, wanted)).status).toBe(422)
  })

  test('where more is wanted than is left, of the item or of all', async () => {
    const { desk, seller, order, first } = await sell()

    const tooMuch = [{ amount: 3_001 }, { items: [{ order_item_id: first, amount: 2_001 }] }]
    for (const wanted of tooMuch) {
      const { status, problem } = await desk.refund(seller, order.id, wanted)
      expect([status, problem.code]).toEqual([409, 'refund_too_large'])
    }
  })

  test('twice, pending or done', async () => {
    const { desk, seller, order, first } = await sell()
    const items = [{ order_item_id: first }]
    expect((await desk.refund(seller, order.id, { items })).status).toBe(201)

    expect((await desk.refund(seller, order.id, { items })).problem.code).toBe('refund_too_large')
    await desk.work()
    expect((await desk.refund(seller, order.id, { items })).problem.code).toBe('refund_too_large')
    expect(desk.stripe.refunds.size).toBe(1)
  })

  test('after 14 days for a seller, after 90 for an operator', async () => {
    const { desk, seller, admin, order } = await sell()
    desk.clock.advance(14 * dayInSeconds - 60)
    expect((await desk.refund(seller, order.id, { amount: 1 })).status).toBe(201)

    desk.clock.advance(120)
    expect((await desk.refund(seller, order.id, { amount: 1 })).problem.code).toBe('order_not_refundable')
    desk.clock.advance(76 * dayInSeconds - 240)
    expect((await desk.refund(admin, order.id, { amount: 1 })).status).toBe(201)

    desk.clock.advance(300)
    expect((await desk.refund(admin, order.id, { amount: 1 })).problem.code).toBe('order_not_refundable')
    await desk.work()
  })

  test('of what is not paid, cost nothing, is given back or in dispute', async () => {
    const { desk, seller, admin, order } = await sell()
    const unpaid = await desk.orderPayable(
      await seedPerson(sql),
      [await seedProduct(sql, seller)].map(({ product_id, tier_ids: [tier_id] }) => ({
        product_id,
        tier_id,
      })),
    )
    const free = await seedProduct(sql, seller, { tiers: [{ price_amount: 0 }] })
    const gift = await desk.order(await seedPerson(sql), [
      { product_id: free.product_id, tier_id: free.tier_ids[0] },
    ])
    for (const { id } of [unpaid, gift.body]) {
      expect((await desk.refund(admin, id)).problem.code).toBe('order_not_refundable')
    }

    const dispute = desk.stripe.dispute(order.intent_id)
    await desk.tell('charge.dispute.created', dispute.id)
    expect((await desk.refund(admin, order.id)).problem.code).toBe('order_not_refundable')

    desk.stripe.decideDispute(dispute.id, 'won')
    await desk.tell('charge.dispute.closed', dispute.id)
    expect((await desk.refund(admin, order.id)).status).toBe(201)
    await desk.work()
    expect((await desk.refund(admin, order.id)).problem.code).toBe('order_not_refundable')
  })

  test('without an Idempotency-Key', async () => {
    const { desk, seller, order } = await sell()
    const { problem } = await desk.refund(seller, order.id, {}, '')
    expect(problem.status).toBe(400)
  })
})

test('the same key gives back once, and answers as the first time', async () => {
  const { desk, seller, order } = await sell()

  const first = await desk.refund(seller, order.id, { amount: 100 }, 'once')
  const again = await desk.refund(seller, order.id, { amount: 100 }, 'once')
  await desk.work()

  expect(again.body).toEqual(first.body)
  expect(again.headers['idempotent-replayed']).toBe('true')
  expect(desk.stripe.refunds.size).toBe(1)
})

test('of 20 who give back 20.00 of 60.00 at once, three do', async () => {
  const { desk, admin, order } = await sell()
  const connections = await openConnections(20)
  const desks = connections.map((on) => createStripeDesk(on, desk))

  const answers = await Promise.all(desks.map((one) => one.refund(admin, order.id, { amount: 2_000 })))
  await desk.work()

  const statuses = answers.map(({ status }) => status).toSorted()
  expect(statuses).toEqual([...Array(3).fill(201), ...Array(17).fill(409)])
  expect((await desk.read(admin, order.id)).body).toMatchObject({
    status: 'refunded',
    refunded_amount: 6_000,
  })
  expect([...desk.stripe.refunds.values()].map(({ amount }) => amount)).toEqual([2_000, 2_000, 2_000])
})

test('each sees what concerns them', async () => {
  const { desk, seller, other, buyer, admin, order } = await sell()
  await desk.refund(admin, order.id, { amount: 600 })

  const seen = await Promise.all(
    [seller, other, buyer, admin].map(async (as) => (await desk.refundsOf(as, order.id)).body.data[0]!),
  )

  expect(seen.map(({ amount }) => amount)).toEqual([300, 300, 600, 600])
  expect(seen.map(({ items }) => items.length)).toEqual([2, 1, 3, 3])
})

describe('an exclusive licence whose payment is given back', () => {
  const sellExclusive = async () => {
    const desk = createStripeDesk(sql)
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const product = await seedProduct(sql, seller, {
      tiers: [{ price_amount: 50_000, is_exclusive: true }, { price_amount: 2_000 }],
    })
    const order = await desk.buy(buyer, product)
    const statusNow = async () => {
      const [row] = await sql<
        [{ status: string }]
      >`select status from products where id = ${product.product_id}`
      return row.status
    }
    const publish = () =>
      desk.api(marketplaceRoutes.updateProduct, seller, {
        params: { product_id: product.product_id },
        body: { status: 'published' },
      })
    return { desk, seller, buyer, product, order, statusNow, publish }
  }

  test.each(['a refund', 'a lost dispute'])('can be sold again by its seller after %s', async (end) => {
    const { desk, seller, product, order, statusNow, publish } = await sellExclusive()
    expect(await statusNow()).toBe('sold')
    expect(await publish()).toMatchObject({ status: 409 })

    if (end === 'a refund') await desk.refund(seller, order.id)
    else {
      const { id } = desk.stripe.dispute(order.intent_id)
      await desk.tell('charge.dispute.created', id)
      desk.stripe.decideDispute(id, 'lost')
      await desk.tell('charge.dispute.closed', id)
    }
    await desk.work()

    expect(await licensesOf(order.id)).toEqual(['revoked'])
    expect(await statusNow()).toBe('draft')
    expect(await publish()).toMatchObject({ status: 200 })
    const again = await desk.buy(await seedPerson(sql), product)
    expect(await licensesOf(again.id)).toEqual(['active'])
    expect(await statusNow()).toBe('sold')
  })

  test('stays with its buyer where only a part is given back', async () => {
    const { desk, seller, order, statusNow } = await sellExclusive()

    await desk.refund(seller, order.id, { amount: 10_000 })
    await desk.work()

    expect(await licensesOf(order.id)).toEqual(['active'])
    expect(await statusNow()).toBe('sold')
  })
})
