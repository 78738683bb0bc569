import { randomUUID } from 'node:crypto'
import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { hourMs, later, minuteMs } from '../../../lib/time.ts'
import { useDatabase } from '../../support/database.ts'
import { expectSound } from '../../support/ledger.ts'
import { type SeededProduct, seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { addCollaborator, seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
let time = new Date()
const shop = createShop(sql, { now: () => time })

afterEach(() => expectSound(sql))

async function expectRefusal(
  buyer: Actor,
  items: ReturnType<typeof itemsOf>,
  code: string,
  more: object = {},
) {
  const { status, problem, text } = await shop.order(buyer, items, more)
  expect([status, problem.code, text]).toEqual([409, code, text])
  return problem as typeof problem & { confirm_token: string; order_id: string; total_amount: number }
}

const complete = async (buyer: Actor, product: SeededProduct, more: object = {}) => {
  const { id, intent_id } = await shop.orderPayable(buyer, itemsOf(product), more)
  await shop.pay(intent_id)
  return id
}

describe('what is refused', () => {
  it('is what the buyer sells themselves, but not what they have a part in', async () => {
    const [seller, friend] = [await seedSeller(sql), await seedPerson(sql)]
    const product = await seedProduct(sql, seller)
    await addCollaborator(sql, product.track_id!, friend, 'editor')
    await expectRefusal(seller, itemsOf(product), 'own_product')
    expect((await shop.order(friend, itemsOf(product))).status).toBe(201)
  })

  it('is an exclusive licence for somebody who has let it go unpaid three times that day', async () => {
    const [seller, buyer, other] = [await seedSeller(sql), await seedPerson(sql), await seedPerson(sql)]
    const items = itemsOf(await seedProduct(sql, seller, { tiers: [{ is_exclusive: true }] }))
    for (let time = 0; time < 3; time++) {
      const { id } = await shop.orderPayable(buyer, items)
      expect((await shop.cancel(buyer, id)).body.status).toBe('cancelled')
    }
    await expectRefusal(buyer, items, 'exclusive_unavailable')
    expect((await shop.order(other, items)).status).toBe(201)
  })

  it('is more exclusive licences than ten before they are paid', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const tiers = [{ is_exclusive: true }]
    const products = []
    for (let count = 0; count < 11; count++) products.push(await seedProduct(sql, seller, { tiers }))
    const [last, ...rest] = products as [SeededProduct, ...SeededProduct[]]
    await expectRefusal(buyer, itemsOf(...products), 'exclusive_unavailable')
    const { intent_id } = await shop.orderPayable(buyer, itemsOf(...rest))
    await expectRefusal(buyer, itemsOf(last), 'exclusive_unavailable')
    await shop.pay(intent_id)
    expect((await shop.order(buyer, itemsOf(last))).status).toBe(201)
  })

  it.each([
    { name: 'is suspended', change: { suspended_at: time } },
    { name: 'may not sell any more', change: { role: 'user' } },
  ])(
    'is what is sold by somebody who $name, while what was ordered before is honoured',
    async ({ change }) => {
      const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
      const product = await seedProduct(sql, seller)
      const { id, intent_id } = await shop.orderPayable(buyer, itemsOf(product))
      await sql`update users set ${sql(change as Record<string, string | Date>)} where id = ${seller.id}`
      await expectRefusal(await seedPerson(sql), itemsOf(product), 'product_unavailable')
      await shop.pay(intent_id)
      expect((await shop.read(buyer, id)).body.status).toBe('completed')
    },
  )

  it('is not what is sold by somebody whose suspension is over', async () => {
    const seller = await seedSeller(sql)
    const product = await seedProduct(sql, seller)
    await sql`update users set suspended_at = ${time}, suspended_until = ${time} where id = ${seller.id}`
    expect((await shop.order(await seedPerson(sql), itemsOf(product))).status).toBe(201)
  })

  it('is what is not there, a draft, or of another product', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const [shown, draft] = [
      await seedProduct(sql, seller),
      await seedProduct(sql, seller, { status: 'draft' }),
    ]
    for (const item of [
      { product_id: randomUUID(), tier_id: shown.tier_ids[0] },
      { product_id: draft.product_id, tier_id: shown.tier_ids[0] },
      ...itemsOf(draft),
    ]) {
      await expectRefusal(
        buyer,
        [...itemsOf(shown).filter(({ tier_id }) => tier_id !== item.tier_id), item],
        'product_unavailable',
      )
    }
  })

  it('is a track that was taken away, and a price of somebody whom Stripe pays nothing', async () => {
    const [seller, other, buyer] = [await seedSeller(sql), await seedSeller(sql), await seedPerson(sql)]
    const [hidden, unpaid] = [await seedProduct(sql, seller), await seedProduct(sql, other)]
    await sql`update tracks set hidden_at = now() where id = ${hidden.track_id}`
    await sql`update sellers set charges_enabled = false where user_id = ${other.id}`
    await expectRefusal(buyer, itemsOf(hidden), 'product_unavailable')
    await expectRefusal(buyer, itemsOf(unpaid), 'product_unavailable')
  })

  it('is an order in two currencies', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const [dollars, yen] = [
      await seedProduct(sql, seller),
      await seedProduct(sql, seller, { tiers: [{ price_amount: 3_000, currency: 'jpy' }] }),
    ]
    await expectRefusal(buyer, itemsOf(dollars, yen), 'currency_mismatch')
    expect((await shop.order(buyer, itemsOf(yen))).body).toMatchObject({
      total_amount: 3_000,
      currency: 'jpy',
    })
  })

  it('is more than can be charged at once', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const dear = { tiers: [{ price_amount: 99_999_999 }] }
    const products = [await seedProduct(sql, seller, dear), await seedProduct(sql, seller, dear)]
    await expectRefusal(buyer, itemsOf(...products), 'conflict')
    expect((await shop.order(buyer, itemsOf(products[0]!))).status).toBe(201)
  })

  it('is another price than the buyer was shown', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const product = await seedProduct(sql, seller)
    const problem = await expectRefusal(buyer, itemsOf(product), 'price_changed', {
      expected_total_amount: 1_999,
    })
    expect(problem.total_amount).toBe(2_999)
    expect((await shop.order(buyer, itemsOf(product), { expected_total_amount: 2_999 })).status).toBe(201)
    await sql`update product_tiers set removed_at = now() where product_id = ${product.product_id}`
    await expectRefusal(await seedPerson(sql), itemsOf(product), 'price_changed')
  })
})

describe('what looks like a mistake', () => {
  it('is ordered twice only where that is confirmed, once, by the same buyer and for the same items', async () => {
    const [seller, buyer, other] = [await seedSeller(sql), await seedPerson(sql), await seedPerson(sql)]
    const [product, more] = [await seedProduct(sql, seller), await seedProduct(sql, seller)]
    const first = await shop.orderPayable(buyer, itemsOf(product))

    const { confirm_token, order_id } = await expectRefusal(buyer, itemsOf(product), 'duplicate_purchase')
    expect(order_id).toBe(first.id)
    await expectRefusal(buyer, itemsOf(product, more), 'duplicate_purchase', { confirm_token })
    await shop.order(other, itemsOf(product))
    await expectRefusal(other, itemsOf(product), 'duplicate_purchase', { confirm_token })
    await expectRefusal(buyer, itemsOf(product), 'duplicate_purchase', { confirm_token: 'guessed' })

    expect((await shop.order(buyer, itemsOf(product), { confirm_token })).status).toBe(201)
    await expectRefusal(buyer, itemsOf(product), 'duplicate_purchase', { confirm_token })
  })

  it('cannot be confirmed after a quarter of an hour', async () => {
    const buyer = await seedPerson(sql)
    const product = await seedProduct(sql, await seedSeller(sql))
    await shop.order(buyer, itemsOf(product))
    const { confirm_token } = await expectRefusal(buyer, itemsOf(product), 'duplicate_purchase')
    time = later(time, 15 * minuteMs)
    await expectRefusal(buyer, itemsOf(product), 'duplicate_purchase', { confirm_token })
  })

  it('is no mistake once the first one was cancelled', async () => {
    const buyer = await seedPerson(sql)
    const product = await seedProduct(sql, await seedSeller(sql))
    const { body } = await shop.order(buyer, itemsOf(product))
    await shop.cancel(buyer, body.id)
    expect((await shop.order(buyer, itemsOf(product))).status).toBe(201)
  })

  it('is a licence that the buyer holds, as long as they hold it', async () => {
    const buyer = await seedPerson(sql)
    const product = await seedProduct(sql, await seedSeller(sql))
    const id = await complete(buyer, product)
    await expectRefusal(buyer, itemsOf(product), 'duplicate_purchase')

    time = later(time, 2 * hourMs)
    const { confirm_token, order_id } = await expectRefusal(buyer, itemsOf(product), 'already_owned')
    expect(order_id).toBe(id)
    await complete(buyer, product, { confirm_token })

    time = later(time, 2 * hourMs)
    await sql`update licenses set status = 'revoked' where buyer_id = ${buyer.id}`
    expect((await shop.order(buyer, itemsOf(product))).status).toBe(201)
  })

  it('is ordered once by the same buyer on two devices at once', async () => {
    const buyer = await seedPerson(sql)
    const product = await seedProduct(sql, await seedSeller(sql))
    const answers = await Promise.all(Array.from({ length: 6 }, () => shop.order(buyer, itemsOf(product))))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
  })
})

describe('who sees an order', () => {
  it('is its buyer, its sellers their part once it is paid, and whoever runs the market', async () => {
    const [seller, other, stranger] = [await seedSeller(sql), await seedSeller(sql), await seedSeller(sql)]
    const [buyer, admin] = [await seedPerson(sql), await seedPerson(sql, undefined, { role: 'admin' })]
    const products = [
      await seedProduct(sql, seller),
      await seedProduct(sql, other, { tiers: [{ price_amount: 1_000 }] }),
    ]
    const order = await shop.orderPayable(buyer, itemsOf(...products))

    expect((await shop.read(seller, order.id)).status).toBe(404)
    expect((await shop.read(admin, order.id)).body.payment).toEqual({
      payment_intent_id: order.intent_id,
      client_secret: null,
    })
    expect((await shop.read(buyer, order.id)).body.payment!.client_secret).toMatch(/_secret_/)

    await shop.pay(order.intent_id)
    const part = await shop.read(other, order.id)
    expect(part.body).toMatchObject({
      items: [{ seller_id: other.id, price_amount: 1_000 }],
      subtotal_amount: 1_000,
      total_amount: 1_000,
      payment: null,
    })
    expect(part.text).not.toContain(seller.id)
    expect((await shop.read(stranger, order.id)).status).toBe(404)
    expect((await shop.cancel(seller, order.id)).status).toBe(404)
  })

  it('answers a buyer who has seen it with 304, until something changes', async () => {
    const buyer = await seedPerson(sql)
    const { id, intent_id } = await shop.orderPayable(
      buyer,
      itemsOf(await seedProduct(sql, await seedSeller(sql))),
    )
    const { headers } = await shop.read(buyer, id)
    const again = () =>
      shop.api(marketplaceRoutes.getOrder, buyer, {
        params: { order_id: id },
        headers: { 'if-none-match': headers.etag! },
      })
    expect((await again()).status).toBe(304)
    await shop.pay(intent_id)
    expect((await again()).status).toBe(200)
  })

  it('lists the orders of a buyer, newest first, by their state and page by page', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const ids: string[] = []
    for (let at = 0; at < 5; at++) {
      const { body } = await shop.order(buyer, itemsOf(await seedProduct(sql, seller)))
      ids.unshift(body.id)
    }
    await shop.cancel(buyer, ids[1]!)
    const list = (query: Record<string, string | number>) =>
      shop.api(marketplaceRoutes.listOrders, buyer, { query })

    const first = await list({ limit: 3 })
    expect(first.body.data.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    const second = await list({ limit: 3, cursor: first.body.next_cursor! })
    expect(second.body).toMatchObject({ data: [{ id: ids[3] }, { id: ids[4] }], has_more: false })
    const cancelled = await list({ status: 'cancelled' })
    expect(cancelled.body.data.map(({ id }) => id)).toEqual([ids[1]])
    expect((await list({ status: 'cancelled', cursor: first.body.next_cursor! })).status).toBe(400)
    expect((await list({ status: 'lost' })).status).toBe(422)
  })
})
