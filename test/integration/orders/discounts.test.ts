import type { Actor } from '../../../lib/auth/actor.ts'
import { hourMs, later } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { type SeededProduct, seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, historyOf, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const time = new Date()
const shop = createShop(sql, { now: () => time })

afterEach(() => expectSound(sql))

interface DiscountFields {
  readonly percent_bps?: number
  readonly amount?: number
  readonly currency?: string
  readonly product_ids?: readonly string[]
  readonly min_amount?: number
  readonly max_uses?: number
  readonly starts_at?: Date
  readonly ends_at?: Date
  readonly disabled_at?: Date
}

async function seedDiscount(seller: Actor, fields: DiscountFields, code = 'SUMMER') {
  const [row] = await sql<[{ id: string }]>`
    insert into discounts ${sql({
      seller_id: seller.id,
      code,
      starts_at: time,
      created_at: time,
      updated_at: time,
      ...fields,
    } as Record<string, unknown> as Record<string, never>)} returning id
  `
  return row.id
}

const usesOf = async (id: string) => {
  const [row] = await sql<[{ uses: number }]>`select uses from discounts where id = ${id}`
  return row.uses
}

const priced = (seller: Actor, price_amount: number, currency = 'usd') =>
  seedProduct(sql, seller, { tiers: [{ price_amount, currency }] })

const withCode = async (products: readonly SeededProduct[], more: object = {}) =>
  shop.order(await seedPerson(sql), itemsOf(...products), { discount_code: 'summer', ...more })

describe('a discount', () => {
  it('takes off what it says of the items that it is for, to the cent', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    const products = [await priced(seller, 1_001), await priced(seller, 999), await priced(other, 5_000)]
    await seedDiscount(seller, { percent_bps: 3_333 })
    const { body } = await withCode(products)
    expect(body.items.map(({ discount_amount }) => discount_amount)).toEqual([334, 333, 0])
    expect(body).toMatchObject({
      subtotal_amount: 7_000,
      discount_amount: 667,
      total_amount: 6_333,
      discount_code: 'SUMMER',
    })
  })

  it('is told to nobody else who sells something in the same order', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    await seedDiscount(seller, { percent_bps: 5_000 })
    const { body } = await withCode([await priced(seller, 1_000), await priced(other, 1_000)])
    await shop.pay(body.payment!.payment_intent_id)
    expect((await shop.read(seller, body.id)).body.discount_code).toBe('SUMMER')
    expect((await shop.read(other, body.id)).body.discount_code).toBeNull()
  })

  it('of a fixed amount is shared by price, and takes off no more than there is', async () => {
    const seller = await seedSeller(sql)
    const products = [await priced(seller, 1_000), await priced(seller, 2_000)]
    await seedDiscount(seller, { amount: 100, currency: 'usd' })
    expect((await withCode(products)).body.items.map(({ discount_amount }) => discount_amount)).toEqual([
      33, 67,
    ])

    const generous = await seedSeller(sql)
    await seedDiscount(generous, { amount: 99_999, currency: 'usd' })
    const { body } = await withCode([await priced(generous, 1_000)])
    expect(body).toMatchObject({ status: 'completed', total_amount: 0, payment: null })
    expect(await historyOf(sql, body.id)).toEqual(['requires_payment', 'paid', 'completed'])
  })

  it('of each seller in an order applies under the same code', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    await seedDiscount(seller, { percent_bps: 1_000 })
    await seedDiscount(other, { percent_bps: 5_000 })
    const { body } = await withCode([await priced(seller, 1_000), await priced(other, 1_000)])
    expect(body.items.map(({ discount_amount }) => discount_amount)).toEqual([100, 500])
  })

  it.each<[string, DiscountFields]>([
    ['is unknown', { disabled_at: new Date() }],
    ['has not begun', { percent_bps: 1_000, starts_at: later(time, hourMs) }],
    ['is over', { percent_bps: 1_000, starts_at: later(time, -2 * hourMs), ends_at: later(time, -hourMs) }],
    ['is for other products', { percent_bps: 1_000, product_ids: ['01890000-0000-7000-8000-000000000001'] }],
    ['is of another currency', { amount: 100, currency: 'eur' }],
    ['asks for a larger order', { percent_bps: 1_000, min_amount: 5_000 }],
    ['leaves less than can be charged', { amount: 970, currency: 'usd' }],
  ])('that %s is refused', async (_, fields) => {
    const seller = await seedSeller(sql)
    await seedDiscount(seller, { ...(fields.amount === undefined && { percent_bps: 1_000 }), ...fields })
    const { status, problem } = await withCode([await priced(seller, 1_000)])
    expect([status, problem.code]).toEqual([409, 'discount_unavailable'])
  })

  it('is used as often as it may be and no more, and is given back by what is not paid', async () => {
    const seller = await seedSeller(sql)
    const id = await seedDiscount(seller, { percent_bps: 1_000, max_uses: 2 })
    const product = await priced(seller, 1_000)
    const buyers = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
    const order = (buyer: Actor) => shop.order(buyer, itemsOf(product), { discount_code: 'SUMMER' })
    const answers = [await order(buyers[0]!), await order(buyers[1]!), await order(buyers[2]!)]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409])
    await shop.cancel(buyers[0]!, answers[0]!.body.id)
    expect(await usesOf(id)).toBe(1)
    expect((await order(buyers[2]!)).status).toBe(201)
  })

  it('may make a price other than what the buyer was shown', async () => {
    const seller = await seedSeller(sql)
    await seedDiscount(seller, { percent_bps: 1_000 })
    const products = [await priced(seller, 1_000)]
    expect((await withCode(products, { expected_total_amount: 1_000 })).problem.code).toBe('price_changed')
    expect((await withCode(products, { expected_total_amount: 900 })).status).toBe(201)
  })
})
