import { randomUUID } from 'node:crypto'
import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { createMarketApi, type SeededProduct, seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const shop = createShop(sql)

afterEach(() => expectSound(sql))

const open = (seller: Actor, price_amount: number, currency = 'usd') =>
  seedProduct(sql, seller, { tiers: [{ price_amount, currency, is_price_open: true }] })

const at = (product: SeededProduct, price_amount: number) => ({ ...itemsOf(product)[0]!, price_amount })

describe('an open price', () => {
  it('is what the buyer gives, of which fee and shares are taken and which is paid', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const product = await open(seller, 500)

    const { id, intent_id, ...order } = await shop.orderPayable(buyer, [at(product, 1_234)], {
      expected_total_amount: 1_234,
    })
    await shop.pay(intent_id)

    expect(order).toMatchObject({ items: [{ price_amount: 1_234 }], total_amount: 1_234 })
    expect((await shop.read(buyer, id)).body.status).toBe('completed')
    const shares = await sql`
      select i.price_amount, i.fee_amount, s.user_id, s.amount
      from order_items i join order_item_shares s on s.order_item_id = i.id
      where i.order_id = ${id}
    `
    expect(shares).toEqual([{ price_amount: 1_234, fee_amount: 123, user_id: seller.id, amount: 1_111 }])
  })

  it('is the least where the buyer gives none', async () => {
    const seller = await seedSeller(sql)
    const [priced, free] = [await open(seller, 500), await open(seller, 0)]
    const order = async (product: SeededProduct) => shop.order(await seedPerson(sql), itemsOf(product))
    expect((await order(priced)).body).toMatchObject({ status: 'requires_payment', total_amount: 500 })
    expect((await order(free)).body).toMatchObject({ status: 'completed', total_amount: 0, payment: null })
  })

  it('of nothing is free at once, and of something is paid', async () => {
    const product = await open(await seedSeller(sql), 0)
    const nothing = await shop.order(await seedPerson(sql), [at(product, 0)])
    const something = await shop.order(await seedPerson(sql), [at(product, 50)])
    expect(nothing.body).toMatchObject({ status: 'completed', total_amount: 0, payment: null })
    expect(something.body).toMatchObject({ status: 'requires_payment', total_amount: 50 })
  })

  it.each([
    { name: 'less than the least', least: 500, given: 499, code: 'too_small' },
    { name: 'nothing where that is not allowed', least: 500, given: 0, code: 'too_small' },
    { name: 'less than Stripe charges', least: 0, given: 49, code: 'too_small' },
    { name: 'less than Stripe charges in yen', least: 0, given: 49, code: 'too_small', currency: 'jpy' },
    { name: 'more than can be charged', least: 0, given: 100_000_000, code: 'too_big' },
    { name: 'less than nothing', least: 0, given: -1, code: 'too_small' },
    { name: 'a part of a cent', least: 0, given: 99.5, code: 'invalid_type' },
  ])('is not $name', async ({ least, given, code, currency }) => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const first = await open(seller, least, currency)
    const second = await open(seller, least, currency)

    const { status, problem } = await shop.order(buyer, [...itemsOf(first), at(second, given)])

    expect(status).toBe(422)
    expect(problem.errors).toMatchObject([{ pointer: '#/body/items/1/price_amount', code }])
    expect(await sql`select from orders where buyer_id = ${buyer.id}`).toHaveLength(0)
  })

  it('may be as much as can be charged, and is refused where all of it comes to more', async () => {
    const seller = await seedSeller(sql)
    const products = [await open(seller, 0), await open(seller, 0)]
    const most = products.map((product) => at(product, 99_999_999))
    expect((await shop.order(await seedPerson(sql), most)).problem.code).toBe('conflict')
    expect((await shop.order(await seedPerson(sql), most.slice(1))).body.total_amount).toBe(99_999_999)
  })

  it('is no price of another tier, which may be given as it is', async () => {
    const product = await seedProduct(sql, await seedSeller(sql))
    const dearer = await shop.order(await seedPerson(sql), [at(product, 3_000)])
    const same = await shop.order(await seedPerson(sql), [at(product, 2_999)])
    expect(dearer).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/items/0/price_amount', code: 'price_not_open' }] },
    })
    expect(same).toMatchObject({ status: 201, body: { total_amount: 2_999 } })
  })

  it('is above nothing only where Stripe pays the seller', async () => {
    const product = await open(await seedSeller(sql, { isOnboarded: false }), 0)
    const buyer = await seedPerson(sql)
    const paid = await shop.order(buyer, [at(product, 500)])
    const free = await shop.order(buyer, [at(product, 0)])
    expect([paid.status, paid.problem.code]).toEqual([409, 'onboarding_required'])
    expect(free.body).toMatchObject({ status: 'completed', total_amount: 0 })
  })

  it('is not what the buyer was shown where the sum is another', async () => {
    const [product, buyer] = [await open(await seedSeller(sql), 500), await seedPerson(sql)]
    const { problem } = await shop.order(buyer, [at(product, 700)], { expected_total_amount: 500 })
    expect(problem).toMatchObject({ code: 'price_changed', total_amount: 700 })
  })

  it('is not lessened by a discount, which goes by the other items alone', async () => {
    const seller = await seedSeller(sql)
    const [given, lease] = [await open(seller, 500), await seedProduct(sql, seller)]
    await sql`
      insert into discounts (seller_id, code, percent_bps, min_amount, starts_at, created_at, updated_at)
      values (${seller.id}, 'SUMMER', 10000, 2000, now(), now(), now())
    `
    const order = async (items: ReturnType<typeof itemsOf>) =>
      shop.order(await seedPerson(sql), items, { discount_code: 'SUMMER' })

    expect((await order([at(given, 5_000)])).problem.code).toBe('discount_unavailable')
    expect((await order([at(given, 5_000), ...itemsOf(lease)])).body).toMatchObject({
      items: [{ discount_amount: 0 }, { discount_amount: 2_999 }],
      total_amount: 5_000,
    })
  })

  it('is a part of what a key stands for, even after the memory of keys is gone', async () => {
    const [product, buyer, key] = [
      await open(await seedSeller(sql), 500),
      await seedPerson(sql),
      randomUUID(),
    ]
    const forgetful = createMarketApi(sql, { stripe: shop.stripe }, { remembersKeys: false })
    const again = (price_amount?: number) =>
      forgetful(marketplaceRoutes.createOrder, buyer, {
        body: { items: [{ ...itemsOf(product)[0]!, ...(price_amount !== undefined && { price_amount }) }] },
        headers: { 'idempotency-key': key },
      })

    const { body } = await shop.order(buyer, [at(product, 700)], { key })

    expect((await shop.order(buyer, [at(product, 701)], { key })).problem.code).toBe('idempotency_mismatch')
    expect((await again(700)).body.id).toBe(body.id)
    expect((await again(701)).problem.code).toBe('idempotency_mismatch')
    expect((await again()).problem.code).toBe('idempotency_mismatch')
  })

  it('is a part of what a buyer confirms', async () => {
    const [product, buyer] = [await open(await seedSeller(sql), 500), await seedPerson(sql)]
    await shop.order(buyer, [at(product, 700)])
    const { problem } = await shop.order(buyer, [at(product, 800)])
    const { confirm_token } = problem as typeof problem & { confirm_token: string }

    const other = await shop.order(buyer, [at(product, 900)], { confirm_token })
    const meant = await shop.order(buyer, [at(product, 800)], { confirm_token })

    expect([other.status, other.problem.code]).toEqual([409, 'duplicate_purchase'])
    expect(meant.body.total_amount).toBe(800)
  })
})
