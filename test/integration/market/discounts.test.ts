import { randomUUID } from 'node:crypto'
import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { findDiscounts, giveBackDiscount, retakeDiscount, useDiscount } from '../../../lib/discounts/apply.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedProduct, seedSeller } from '../../support/market.ts'
import { type Person, seedPerson } from '../../support/social.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const request = createMarketApi(sql)
const { createDiscount, deleteDiscount, getDiscount, listDiscounts, updateDiscount } = marketplaceRoutes

const tenth = { code: 'TENTH', percent_bps: 1_000 }
const create = (as: Person, body: object = tenth) => request(createDiscount, as, { body })
const at = (discount_id: string) => ({ params: { discount_id } })
const usesOf = async (id: string) => (await sql`select uses from discounts where id = ${id}`)[0]!.uses

describe('a discount', () => {
  test('is a percentage for all that is sold, from now on', async () => {
    const seller = await seedSeller(sql)
    const { status, body } = await create(seller, { ...tenth, code: ' tenth ' })

    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        ...tenth,
        amount: null,
        currency: null,
        product_ids: null,
        min_amount: 0,
        max_uses: null,
        uses: 0,
        starts_at: body.created_at,
        ends_at: null,
      },
    })
    expect((await request(getDiscount, seller, at(body.id))).body).toEqual(body)
  })

  test('is an amount for some products, for a while and a few', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller)
    const limits = { product_ids: [product_id], min_amount: 1_000, max_uses: 3 }
    const window = { starts_at: '2030-01-01T00:00:00.000Z', ends_at: '2030-02-01T00:00:00.000Z' }

    const { body } = await create(seller, {
      code: 'FIVE',
      amount: 500,
      currency: 'usd',
      ...limits,
      ...window,
    })

    expect(body).toMatchObject({ percent_bps: null, amount: 500, currency: 'usd', ...limits, ...window })
  })

  test.each([
    { name: 'neither', body: { code: 'ABC' }, pointer: 'percent_bps' },
    { name: 'both', body: { ...tenth, amount: 1, currency: 'usd' }, pointer: 'percent_bps' },
    { name: 'no currency', body: { code: 'ABC', amount: 1 }, pointer: 'currency' },
    { name: 'a currency of a percentage', body: { ...tenth, currency: 'usd' }, pointer: 'currency' },
    { name: 'nothing off', body: { code: 'ABC', percent_bps: 0 }, pointer: 'percent_bps' },
    { name: 'more than all', body: { code: 'ABC', percent_bps: 10_001 }, pointer: 'percent_bps' },
    { name: 'a negative amount', body: { code: 'ABC', amount: -1, currency: 'usd' }, pointer: 'amount' },
    { name: 'a code with a space', body: { ...tenth, code: 'TEN TH' }, pointer: 'code' },
    { name: 'a code of two', body: { ...tenth, code: 'AB' }, pointer: 'code' },
    { name: 'no use', body: { ...tenth, max_uses: 0 }, pointer: 'max_uses' },
    { name: 'no product', body: { ...tenth, product_ids: [] }, pointer: 'product_ids' },
    { name: 'an unknown product', body: { ...tenth, product_ids: [randomUUID()] }, pointer: 'product_ids/0' },
    {
      name: 'an end before the beginning',
      body: { ...tenth, starts_at: '2030-01-01T00:00:00Z', ends_at: '2030-01-01T00:00:00Z' },
      pointer: 'ends_at',
    },
    { name: 'an unknown field', body: { ...tenth, uses: 5 }, pointer: 'uses' },
  ])('refuses $name', async ({ body, pointer }) => {
    const { status, problem } = await create(await seedSeller(sql), body)

    expect({ status, pointers: problem.errors?.map((error) => error.pointer) }).toEqual({
      status: 422,
      pointers: [`#/body/${pointer}`],
    })
  })

  test("refuses somebody else's product, and one taken back", async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    const [own, others] = [await seedProduct(sql, seller), await seedProduct(sql, other)]
    await sql`update products set status = 'archived' where id = ${own.product_id}`

    const { problem } = await create(seller, { ...tenth, product_ids: [own.product_id, others.product_id] })

    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([
      '#/body/product_ids/0',
      '#/body/product_ids/1',
    ])
  })

  test('has a code of its own among those of its seller, who may have it again once it ended', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    const first = await create(seller)

    expect(await create(seller, { code: 'tenth', percent_bps: 1 })).toMatchObject({
      status: 409,
      problem: { code: 'discount_code_taken' },
    })
    expect((await create(other)).status).toBe(201)
    expect((await request(deleteDiscount, seller, at(first.body.id))).status).toBe(204)
    expect((await create(seller)).status).toBe(201)
    expect((await request(getDiscount, seller, at(first.body.id))).status).toBe(404)
  })

  test('is made once by several who ask at the same time', async () => {
    const seller = await seedSeller(sql)
    const apis = (await connections(6)).map((connection) => createMarketApi(connection))

    const answers = await Promise.all(apis.map((api) => api(createDiscount, seller, { body: tenth })))

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
  })

  test('changes for whoever has seen it last, and stays of its kind', async () => {
    const seller = await seedSeller(sql)
    const { body, headers } = await create(seller)
    await sql`update discounts set uses = 3 where id = ${body.id}`
    const change = (body_: object, etag?: string) =>
      request(updateDiscount, seller, {
        ...at(body.id),
        body: body_,
        ...(etag && { headers: { 'if-match': etag } }),
      })

    expect(await change({ percent_bps: 2_000, max_uses: 3 }, headers.etag)).toMatchObject({
      status: 200,
      body: { percent_bps: 2_000, max_uses: 3, uses: 3 },
    })
    expect((await change({ percent_bps: 1 }, headers.etag)).status).toBe(412)
    expect((await change({ max_uses: 2 })).problem.errors).toMatchObject([{ pointer: '#/body/max_uses' }])
    expect((await change({ amount: 5 })).problem.errors).toMatchObject([{ pointer: '#/body/amount' }])
    expect((await change({ ends_at: body.starts_at })).problem.errors).toMatchObject([
      { pointer: '#/body/ends_at' },
    ])
    expect((await change({ max_uses: null })).body).toMatchObject({ max_uses: null })
  })

  test('is a list of those that are there, newest first, and nobody else finds them', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    for (const code of ['ONE', 'TWO', 'THREE']) await create(seller, { ...tenth, code })
    const { body } = await request(listDiscounts, seller, { query: { limit: 2 } })
    const rest = await request(listDiscounts, seller, { query: { cursor: body.next_cursor! } })

    expect([...body.data, ...rest.body.data].map(({ code }) => code)).toEqual(['THREE', 'TWO', 'ONE'])
    expect((await request(listDiscounts, other)).body.data).toEqual([])
    expect((await request(getDiscount, other, at(body.data[0]!.id))).status).toBe(404)
    expect((await request(updateDiscount, other, { ...at(body.data[0]!.id), body: {} })).status).toBe(404)
    expect((await request(deleteDiscount, other, at(body.data[0]!.id))).status).toBe(404)
    expect((await create(await seedPerson(sql))).status).toBe(403)
  })
})

describe('a use', () => {
  const find = (seller: Person, now = new Date()) => findDiscounts(sql, 'TENTH', [seller.id], now)
  const use = (db: typeof sql, discounts: Awaited<ReturnType<typeof find>>, now = new Date()) =>
    db.begin((tx) => useDiscount(tx, discounts, now))
  const refused = expect.objectContaining({ code: 'discount_unavailable' })

  test('is found in its time alone', async () => {
    const seller = await seedSeller(sql)
    await create(seller, { ...tenth, starts_at: '2030-01-01T00:00:00Z', ends_at: '2030-01-02T00:00:00Z' })
    const count = async (at: string) => (await find(seller, new Date(at))).length

    expect(await count('2029-12-31T23:59:59Z')).toBe(0)
    expect(await count('2030-01-01T00:00:00Z')).toBe(1)
    expect(await count('2030-01-02T00:00:00Z')).toBe(0)
  })

  test('is counted exactly as often as there may be, however many ask at once', async () => {
    const seller = await seedSeller(sql)
    const { body } = await create(seller, { ...tenth, max_uses: 3 })
    const found = await find(seller)

    const outcomes = await Promise.allSettled(
      (await connections(10)).map((connection) => use(connection, found)),
    )

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason)).toEqual(
      Array(7).fill(refused),
    )
    expect(await usesOf(body.id)).toBe(3)
    expect(await find(seller)).toEqual([])
  })

  test('is refused where it was changed since it was looked at, or ended', async () => {
    const seller = await seedSeller(sql)
    const { body } = await create(seller)
    const found = await find(seller)
    await request(updateDiscount, seller, { ...at(body.id), body: { percent_bps: 1 } })
    await expect(use(sql, found)).rejects.toEqual(refused)

    const again = await find(seller)
    await use(sql, again)
    await request(deleteDiscount, seller, at(body.id))
    await expect(use(sql, again)).rejects.toEqual(refused)
    expect(await usesOf(body.id)).toBe(1)
  })

  test('comes back from an order that ends, and is taken again as long as there is room', async () => {
    const seller = await seedSeller(sql)
    const { body } = await create(seller, { ...tenth, max_uses: 1 })
    const orderId = await orderWith(seller, body.id)
    await use(sql, await find(seller))

    await sql.begin((tx) => giveBackDiscount(tx, orderId))
    expect(await usesOf(body.id)).toBe(0)
    await sql.begin((tx) => retakeDiscount(tx, orderId))
    await sql.begin((tx) => retakeDiscount(tx, orderId))
    expect(await usesOf(body.id)).toBe(1)
  })
})

async function orderWith(seller: Person, discountId: string): Promise<string> {
  const buyer = await seedPerson(sql)
  const { product_id, tier_ids } = await seedProduct(sql, seller, { tiers: [{}, { name: 'Other' }] })
  const [order] = await sql<[{ id: string }]>`
    insert into orders (buyer_id, currency, subtotal_amount, total_amount, key_hash, expires_at, created_at, updated_at)
    values (${buyer.id}, 'usd', 100, 100, ${Buffer.from('key')}, now(), now(), now())
    returning id
  `
  for (const [position, tier_id] of tier_ids.entries()) {
    await sql`
      insert into order_items (
        order_id, position, product_id, tier_id, seller_id, kind, title, tier_name, is_exclusive, terms, contract,
        price_amount, fee_amount, discount_id
      ) values (
        ${order.id}, ${position}, ${product_id}, ${tier_id}, ${seller.id}, 'service', '', '', false, '{}', '-', 50, 5,
        ${discountId}
      )
    `
  }
  return order.id
}
