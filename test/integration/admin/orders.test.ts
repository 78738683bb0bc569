import { adminRoutes as routes } from '../../../functions/admin/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useDatabase } from '../../support/database.ts'
import { paySeeded, seedOrder } from '../../support/ledger.ts'
import { createModerationApi } from '../../support/moderation.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const call = createModerationApi(sql)

const admin = () => seedPerson(sql, undefined, { role: 'admin' })
const list = (as: Actor, query: Record<string, string | number> = {}) =>
  call(routes.listAllOrders, as, { query })
const idsOf = async (query: Record<string, string | number>) => {
  const { body } = await list(await admin(), query)
  return body.data.map(({ id }) => id)
}

async function seedSale() {
  const [buyer, seller, other] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const items = [
    { seller_id: seller.id, due: 2_000 },
    { seller_id: other.id, due: 1_000 },
    { seller_id: seller.id, due: 500, discount: 100 },
  ]
  const order = await seedOrder(sql, buyer.id, items, 'eur')
  await sql`
    update orders set payment_intent_id = ${`pi_${order.id}`}, client_secret = 'cs_secret', buyer_ip = '192.0.2.9'
    where id = ${order.id}
  `
  return { buyer, seller, other, order, id: order.id }
}

test('shows who buys what for how much of whom, and what it goes by at Stripe', async () => {
  const { buyer, seller, other, order } = await seedSale()
  await paySeeded(sql, order)

  const { body } = await list(await admin(), { buyer: buyer.id })

  expect(body.data).toEqual([
    expect.objectContaining({
      id: order.id,
      number: expect.any(Number),
      status: 'paid',
      buyer: expect.objectContaining({ id: buyer.id, username: buyer.username }),
      sellers: [seller, other].map(({ id }) => expect.objectContaining({ id })),
      item_count: 3,
      currency: 'eur',
      subtotal_amount: 3_600,
      discount_amount: 100,
      total_amount: 3_500,
      payment_intent_id: `pi_${order.id}`,
      completed_at: null,
    }),
  ])
  expect(JSON.stringify(body)).not.toMatch(/secret|192\.0\.2/)
})

test('finds by status, by people however they are named, by number and by time', async () => {
  const [paid, open] = [await seedSale(), await seedSale()]
  await paySeeded(sql, paid.order)
  await sql`update orders set created_at = '2025-03-01T12:00:00Z' where id = ${paid.id}`
  await sql`update orders set created_at = '2025-03-02T12:00:00Z' where id = ${open.id}`
  const [{ number }] = await sql<[{ number: number }]>`select number from orders where id = ${paid.id}`
  const march = { from: '2025-03-01', to: '2025-03-03' }

  expect(await idsOf(march)).toEqual([open.id, paid.id])
  expect(await idsOf({ ...march, status: 'paid' })).toEqual([paid.id])
  expect(await idsOf({ from: '2025-03-01', to: '2025-03-02' })).toEqual([paid.id])
  expect(await idsOf({ number })).toEqual([paid.id])
  expect(await idsOf({ buyer: open.buyer.username })).toEqual([open.id])
  expect(await idsOf({ buyer: `${open.buyer.username}@example.test` })).toEqual([open.id])
  expect(await idsOf({ seller: paid.other.id })).toEqual([paid.id])
  expect(await idsOf({ seller: paid.other.id, status: 'requires_payment' })).toEqual([])
  expect(await idsOf({ buyer: 'nobody-of-that-name' })).toEqual([])
})

test('goes on where a page ends, also within one moment, and a place in one list is none in another', async () => {
  const sales = [await seedSale(), await seedSale(), await seedSale()]
  await sql`
    update orders set created_at = '2025-05-01T12:00:00.000001Z' where id = any(${sales.map(({ id }) => id)}::uuid[])
  `
  const may = { from: '2025-05-01', to: '2025-05-02', limit: 2 }
  const reader = await admin()

  const first = await list(reader, may)
  const second = await list(reader, { ...may, cursor: first.body.next_cursor! })

  const found = [...first.body.data, ...second.body.data].map(({ id }) => id)
  expect(found).toEqual(
    sales
      .map(({ id }) => id)
      .sort()
      .reverse(),
  )
  expect(second.body.has_more).toBe(false)
  const elsewhere = await list(reader, { ...may, status: 'paid', cursor: first.body.next_cursor! })
  expect(elsewhere).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
})

test.each(['user', 'creator', 'moderator'] as const)('is no business of a %s', async (role) => {
  expect(await list(await seedPerson(sql, undefined, { role }))).toMatchObject({
    status: 403,
    problem: { code: 'forbidden' },
  })
})

test.each([{ status: 'lost' }, { number: 0 }, { number: 1.5 }, { from: 'yesterday' }, { ip: '192.0.2.9' }])(
  'refuses %j',
  async (query) => {
    expect(await list(await admin(), query)).toMatchObject({
      status: 422,
      problem: { code: 'validation_failed' },
    })
  },
)

describe('the books of an order', () => {
  const entries = async (as: Actor, order_id: string, query = {}) =>
    call(routes.listOrderEntries, as, { params: { order_id }, query })

  test('name every account, and come to nothing', async () => {
    const { seller, other, order } = await seedSale()
    await paySeeded(sql, order)

    const { body } = await entries(await admin(), order.id)

    expect(new Set(body.data.map(({ account }) => account))).toEqual(
      new Set(['customers', 'platform', 'pending']),
    )
    expect(new Set(body.data.flatMap(({ user }) => user?.id ?? []))).toEqual(new Set([seller.id, other.id]))
    expect(body.data.reduce((sum, { amount }) => sum + amount, 0)).toBe(0)
  })

  test('come in pages that lose nothing', async () => {
    const { order } = await seedSale()
    await paySeeded(sql, order)
    const as = await admin()
    const whole = (await entries(as, order.id)).body.data

    const first = (await entries(as, order.id, { limit: 2 })).body
    const rest = (await entries(as, order.id, { cursor: first.next_cursor })).body

    expect([...first.data, ...rest.data]).toEqual(whole)
  })

  test('are shown to nobody else, and of no order that is not there', async () => {
    const { seller, order } = await seedSale()
    expect(await entries(seller, order.id)).toMatchObject({ status: 403 })
    expect(await entries(await admin(), seller.id)).toMatchObject({ status: 404 })
  })
})
