import { randomUUID } from 'node:crypto'
import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, eventsOf, historyOf, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const shop = createShop(sql)

afterEach(() => expectSound(sql))

describe('an order', () => {
  it('is placed, paid and completed, with a licence for each item', async () => {
    const [seller, other, buyer] = [await seedSeller(sql), await seedSeller(sql), await seedPerson(sql)]
    const products = [await seedProduct(sql, seller), await seedProduct(sql, other, { kind: 'service' })]

    const placed = await shop.order(buyer, itemsOf(...products))
    expect(placed.status).toBe(201)
    expect(placed.body).toMatchObject({
      number: null,
      status: 'requires_payment',
      buyer_id: buyer.id,
      total_amount: 5_998,
      currency: 'usd',
      payment: {
        payment_intent_id: expect.stringMatching(/^pi_/),
        client_secret: expect.stringMatching(/_secret_/),
      },
    })
    expect(placed.headers.etag).toBeDefined()

    await shop.pay(placed.body.payment!.payment_intent_id)
    const { body } = await shop.read(buyer, placed.body.id)
    expect(body).toMatchObject({
      status: 'completed',
      number: expect.any(Number),
      payment: { client_secret: null },
      items: [
        { seller_id: seller.id, license_id: expect.any(String) },
        { seller_id: other.id, license_id: expect.any(String) },
      ],
    })
    expect(await historyOf(sql, body.id)).toEqual(['requires_payment', 'paid', 'completed'])
    expect(await eventsOf(sql, body.id)).toEqual(['order.created', 'order.paid', 'order.completed'])
  })

  it('keeps where its buyer came from, for disputes to come', async () => {
    const buyer = await seedPerson(sql)
    const { body } = await shop.order(buyer, itemsOf(await seedProduct(sql, await seedSeller(sql))))
    const [row] = await sql`select host(buyer_ip) as ip, buyer_user_agent from orders where id = ${body.id}`
    expect(row).toEqual({ ip: '192.0.2.1', buyer_user_agent: 'veza-tests' })
  })

  it('that costs nothing is completed at once, and has no payment', async () => {
    const buyer = await seedPerson(sql)
    const product = await seedProduct(sql, await seedSeller(sql, { isOnboarded: false }), {
      tiers: [{ price_amount: 0 }],
    })
    const { status, body } = await shop.order(buyer, itemsOf(product))
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'completed',
      number: expect.any(Number),
      total_amount: 0,
      payment: null,
      items: [{ license_id: expect.any(String) }],
    })
    expect(shop.stripe.calls.some(({ key }) => key?.includes(body.id))).toBe(false)
  })

  it('wants an Idempotency-Key', async () => {
    const items = itemsOf(await seedProduct(sql, await seedSeller(sql)))
    const { status, problem } = await shop.api(marketplaceRoutes.createOrder, await seedPerson(sql), {
      body: { items },
    })
    expect([status, problem.code]).toEqual([400, 'idempotency_key_required'])
  })

  it.each([
    ['no items', { items: [] }],
    [
      'more than fifty',
      { items: Array.from({ length: 51 }, () => ({ product_id: randomUUID(), tier_id: randomUUID() })) },
    ],
    [
      'one tier twice',
      { items: Array(2).fill({ product_id: randomUUID(), tier_id: '01890000-0000-7000-8000-000000000001' }) },
    ],
    ['a broken price', { items: [{ product_id: randomUUID(), tier_id: randomUUID(), price_amount: 0.5 }] }],
    [
      'a price beside an offer',
      {
        items: [
          { product_id: randomUUID(), tier_id: randomUUID(), offer_id: randomUUID(), price_amount: 500 },
        ],
      },
    ],
    [
      'a negative total',
      { items: [{ product_id: randomUUID(), tier_id: randomUUID() }], expected_total_amount: -1 },
    ],
    [
      'a total of 10^12',
      { items: [{ product_id: randomUUID(), tier_id: randomUUID() }], expected_total_amount: 1e12 },
    ],
    [
      'a broken total',
      { items: [{ product_id: randomUUID(), tier_id: randomUUID() }], expected_total_amount: 0.5 },
    ],
  ])('is refused with %s', async (_, body) => {
    const { status, problem } = await shop.api(marketplaceRoutes.createOrder, await seedPerson(sql), {
      body,
      headers: { 'idempotency-key': randomUUID() },
    })
    expect([status, problem.code]).toEqual([422, 'validation_failed'])
  })
})
