import { randomUUID } from 'node:crypto'
import { moneyRoutes } from '../../../functions/marketplace/money-routes.ts'
import { postDispute, postDisputeLost, postRefund } from '../../../lib/ledger/postings.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound, paySeeded, seedOrder } from '../../support/ledger.ts'
import { createMarketApi } from '../../support/market.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-10T12:00:00Z')
const call = createMarketApi(sql, { now: () => now })

afterEach(() => expectSound(sql))

/** Two sales of 100.00, a tenth ours and a third of the rest a friend's; one refunded by half on the next day. */
async function setUp() {
  const [buyer, seller, friend] = [await seedActor(sql), await seedActor(sql), await seedActor(sql)]
  const splits = [
    { user_id: seller.id, split_bps: 6_667 },
    { user_id: friend.id, split_bps: 3_333 },
  ]
  const sell = async (day: number, currency = 'usd', due = 10_000) => {
    const order = await seedOrder(
      sql,
      buyer.id,
      [{ seller_id: seller.id, due, discount: 500, splits }],
      currency,
    )
    await paySeeded(sql, order, new Date(Date.UTC(2026, 11, day, 23, 30)))
    return order
  }
  const [first, second] = [await sell(1), await sell(2)]
  const items = [{ order_item_id: first.items[0]!.id, amount: 5_000 }]
  const refundedAt = new Date(Date.UTC(2026, 11, 2, 1))
  await sql.begin((tx) =>
    postRefund(tx, { order_id: first.id, external_id: `re_${randomUUID()}`, items }, refundedAt),
  )
  return { buyer, seller, friend, first, second, sell }
}

const total = { currency: 'usd', sale_count: 2, gross_amount: 20_000, refunded_amount: 5_000 }
const parts = { fee_amount: 1_500, shared_amount: 4_500, earned_amount: 9_000 }

test('lists what was sold, newest first, with what each got of it and what went back', async () => {
  const { seller, friend, first, second, buyer } = await setUp()
  await seedOrder(sql, buyer.id, [{ seller_id: seller.id, due: 900 }])

  const { body } = await call(moneyRoutes.listSales, seller)

  expect(body.data.map(({ order_id }) => order_id)).toEqual([second.id, first.id])
  expect(body.data[1]).toMatchObject({
    price_amount: 10_500,
    discount_amount: 500,
    refunded_amount: 5_000,
    fee_amount: 1_000,
    fee_refunded_amount: 500,
    buyer_id: buyer.id,
    releases_at: later(new Date(Date.UTC(2026, 11, 1, 23, 30)), 7 * dayMs).toISOString(),
    shares: [
      { user_id: seller.id, split_bps: 6_667, amount: 6_000, reversed_amount: 3_000, status: 'pending' },
      { user_id: friend.id, split_bps: 3_333, amount: 3_000, reversed_amount: 1_500, status: 'pending' },
    ],
  })
})

test('is shown to the seller alone', async () => {
  const { friend, buyer } = await setUp()
  for (const other of [friend, buyer]) {
    expect((await call(moneyRoutes.listSales, other)).body.data).toEqual([])
    expect((await call(moneyRoutes.summarizeSales, other)).body.totals).toEqual([])
  }
})

test('sums up by currency, product and day of UTC, and what was paid is what everyone got', async () => {
  const { seller, sell } = await setUp()
  await sell(3, 'jpy', 9_000)

  const { body } = await call(moneyRoutes.summarizeSales, seller)

  const yen = { currency: 'jpy', sale_count: 1, gross_amount: 9_000, refunded_amount: 0 }
  const yenParts = { fee_amount: 900, shared_amount: 2_700, earned_amount: 5_400 }
  expect(body.time_zone).toBe('UTC')
  expect(body.totals).toEqual(
    expect.arrayContaining([
      { ...total, ...parts },
      { ...yen, ...yenParts },
    ]),
  )
  expect(body.by_day).toEqual([
    {
      day: '2026-12-01',
      ...total,
      sale_count: 1,
      gross_amount: 10_000,
      refunded_amount: 0,
      fee_amount: 1_000,
      shared_amount: 3_000,
      earned_amount: 6_000,
    },
    {
      day: '2026-12-02',
      ...total,
      sale_count: 1,
      gross_amount: 10_000,
      fee_amount: 500,
      shared_amount: 1_500,
      earned_amount: 3_000,
    },
    { day: '2026-12-03', ...yen, ...yenParts },
  ])
  expect(body.by_product).toHaveLength(3)
  for (const row of [...body.totals, ...body.by_day, ...body.by_product]) {
    const { gross_amount, refunded_amount, fee_amount, shared_amount, earned_amount } = row
    expect(gross_amount - refunded_amount).toBe(fee_amount + shared_amount + earned_amount)
  }
})

test('counts a lost dispute as given back', async () => {
  const { seller, second } = await setUp()
  const dispute = { order_id: second.id, external_id: `dp_${randomUUID()}`, amount: 10_000, currency: 'usd' }
  await sql.begin((tx) => postDispute(tx, dispute, now))
  const to = later(now, 1).toISOString()
  const summary = async () => (await call(moneyRoutes.summarizeSales, seller, { query: { to } })).body.totals
  expect(await summary()).toEqual([{ ...total, ...parts }])

  await sql.begin((tx) => postDisputeLost(tx, dispute, now))
  expect(await summary()).toEqual([
    { ...total, refunded_amount: 15_000, fee_amount: 500, shared_amount: 1_500, earned_amount: 3_000 },
  ])
})

test('looks at one period and one product', async () => {
  const { seller } = await setUp()
  const query = { from: '2026-12-02T00:00:00.000Z', to: '2026-12-02T12:00:00.000Z' }
  const { body } = await call(moneyRoutes.summarizeSales, seller, { query })
  expect(body.totals).toMatchObject([
    { sale_count: 0, gross_amount: 0, refunded_amount: 5_000, fee_amount: -500 },
  ])

  const [product] = body.by_product
  const one = { product_id: product!.product_id }
  expect((await call(moneyRoutes.summarizeSales, seller, { query: one })).body.totals).toMatchObject([
    { sale_count: 1, gross_amount: 10_000, refunded_amount: 5_000 },
  ])
  expect((await call(moneyRoutes.listSales, seller, { query: one })).body.data).toHaveLength(1)
})

test.each([
  {
    name: 'ends before it begins',
    query: { from: '2026-12-02T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' },
  },
  {
    name: 'is longer than a year',
    query: { from: '2025-01-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' },
  },
  { name: 'is none', query: { from: 'last week' } },
])('refuses a period that $name', async ({ query }) => {
  expect((await call(moneyRoutes.summarizeSales, await seedActor(sql), { query })).status).toBe(422)
})
