import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { expireOffers } from '../../../lib/offers/expiry.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useDatabase } from '../../support/database.ts'
import { seedClaim, seedProduct, seedSeller } from '../../support/market.ts'
import { createHaggling } from '../../support/offers.ts'
import { createShop } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
let time = new Date()
const shop = createShop(sql, { now: () => time })
const { make, read, accept, decline, counter, withdraw } = createHaggling(shop)
const relations = createRelationService({ sql, relay: { flushSoon: async () => {} }, now: () => time })

beforeEach(() => {
  time = new Date()
})

async function setUp(options: Parameters<typeof seedProduct>[2] = {}) {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, options)
  return { seller, buyer, product }
}

async function setUpOpen() {
  const parts = await setUp()
  const { body } = await make(parts.buyer, parts.product, 2_000, 'For my EP')
  return { ...parts, id: body.id as string }
}

/** As it stands in the database. */
async function storedOf(id: string) {
  const [row] = await sql`select status from offers where id = ${id}`
  return row!.status
}

describe('an offer', () => {
  test('is made for less than the price, and seen by its two sides alone', async () => {
    const { seller, buyer, product } = await setUp()
    const { status, body } = await make(buyer, product, 2_000, ' For my EP ')
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'open',
      amount: 2_000,
      counter_amount: null,
      currency: 'usd',
      message: 'For my EP',
      buyer: { id: buyer.id },
      seller: { id: seller.id },
      payable_until: null,
      expires_at: later(time, 7 * dayMs).toISOString(),
    })
    expect((await read(seller, body.id)).body).toEqual(body)
    const stranger = await seedPerson(sql)
    for (const call of [read, accept, decline, withdraw]) {
      expect((await call(stranger, body.id)).status).toBe(404)
    }
    expect((await counter(stranger, body.id, 2_500)).status).toBe(404)
  })

  test.each([
    ['less than Stripe charges', 49, 'too_small'],
    ['the price itself', 2_999, 'too_big'],
  ])('is refused at %s', async (_, amount, code) => {
    const { buyer, product } = await setUp()
    const { status, problem } = await make(buyer, product, amount)
    expect([status, problem.errors]).toEqual([
      422,
      [{ pointer: '#/body/amount', code, detail: expect.any(String) }],
    ])
  })

  test('is refused for what is free, one’s own, not on sale, or taken', async () => {
    const free = await setUp({ tiers: [{ price_amount: 0 }] })
    expect((await make(free.buyer, free.product, 100)).status).toBe(422)
    const own = await setUp()
    expect((await make(own.seller, own.product, 100)).problem.code).toBe('own_product')
    const draft = await setUp({ status: 'draft' })
    expect((await make(draft.buyer, draft.product, 100)).problem.code).toBe('product_unavailable')
    const taken = await setUp({ tiers: [{ is_exclusive: true, price_amount: 50_000 }] })
    expect((await make(taken.buyer, taken.product, 40_000)).status).toBe(201)
    await seedClaim(sql, taken.product)
    const late = await make(await seedPerson(sql), taken.product, 40_000)
    expect(late.problem.code).toBe('exclusive_unavailable')
  })

  test('is one of a buyer for a tier, until it is over', async () => {
    const { buyer, product, id } = await setUpOpen()
    expect((await make(buyer, product, 2_100)).problem.code).toBe('conflict')
    expect((await make(await seedPerson(sql), product, 2_100)).status).toBe(201)
    expect((await withdraw(buyer, id)).body.status).toBe('withdrawn')
    expect((await make(buyer, product, 2_100)).status).toBe(201)
    time = later(time, 7 * dayMs)
    expect((await make(buyer, product, 2_200)).status).toBe(201)
  })

  test('is one of twenty at most', async () => {
    const { seller, buyer, product } = await setUp()
    for (let count = 0; count < 20; count++) {
      const another = await seedProduct(sql, seller, { kind: 'service' })
      expect((await make(buyer, another, 1_000)).status).toBe(201)
    }
    expect((await make(buyer, product, 1_000)).problem.code).toBe('quota_exceeded')
  })

  test('is accepted by the seller, which is the last word', async () => {
    const { seller, buyer, id } = await setUpOpen()
    expect((await accept(buyer, id)).problem.code).toBe('conflict')
    expect((await accept(seller, id)).body).toMatchObject({
      status: 'accepted',
      accepted_at: time.toISOString(),
      payable_until: later(time, 2 * dayMs).toISOString(),
    })
    for (const call of [accept, decline]) expect((await call(seller, id)).problem.code).toBe('conflict')
    expect((await counter(seller, id, 2_500)).problem.code).toBe('conflict')
    expect((await withdraw(seller, id)).problem.code).toBe('conflict')
  })

  test('is answered with another price, which the buyer accepts or declines', async () => {
    const { seller, buyer, id } = await setUpOpen()
    expect((await counter(buyer, id, 2_500)).problem.code).toBe('conflict')
    expect((await counter(seller, id, 2_000)).status).toBe(422)
    expect((await counter(seller, id, 2_999)).status).toBe(422)
    time = later(time, 6 * dayMs)
    expect((await counter(seller, id, 2_500)).body).toMatchObject({
      status: 'countered',
      counter_amount: 2_500,
      expires_at: later(time, 7 * dayMs).toISOString(),
    })
    expect((await accept(seller, id)).problem.code).toBe('conflict')
    expect((await accept(buyer, id)).body.status).toBe('accepted')

    const other = await setUpOpen()
    await counter(other.seller, other.id, 2_500)
    expect((await decline(other.buyer, other.id)).body.status).toBe('declined')
  })

  test('is over after seven days, and once accepted after two', async () => {
    const { seller, buyer, id } = await setUpOpen()
    const accepted = await setUpOpen()
    await accept(accepted.seller, accepted.id)
    time = later(time, 2 * dayMs)
    expect((await read(accepted.buyer, accepted.id)).body.status).toBe('expired')
    expect(await storedOf(accepted.id)).toBe('accepted')
    expect(await expireOffers(sql, time)).toBeGreaterThan(0)
    expect(await storedOf(accepted.id)).toBe('expired')
    expect(await storedOf(id)).toBe('open')

    time = later(time, 5 * dayMs)
    expect((await read(buyer, id)).body.status).toBe('expired')
    expect((await accept(seller, id)).problem.code).toBe('conflict')
    expect(await expireOffers(sql, time)).toBeGreaterThan(0)
    expect(await expireOffers(sql, time)).toBe(0)
    expect(await storedOf(id)).toBe('expired')
  })

  test('is not made where one has blocked the other, and ends with a block', async () => {
    const { seller, buyer, id } = await setUpOpen()
    await relations.block(seller, buyer.id)
    expect((await read(buyer, id)).body.status).toBe('declined')
    expect((await accept(seller, id)).problem.code).toBe('conflict')
    const another = await seedProduct(sql, seller)
    expect((await make(buyer, another, 2_000)).status).toBe(404)
  })

  test('ends with the account of either side, and what a buyer wrote is gone with them', async () => {
    const leave = async ({ id }: { id: string }) => {
      await sql`update users set deletes_at = ${time} where id = ${id}`
      expect(await buryDueAccount(sql, time)).toBe(1)
    }
    const [one, other] = [await setUpOpen(), await setUpOpen()]
    await leave(one.buyer)
    await leave(other.seller)
    expect((await read(one.seller, one.id)).body).toMatchObject({ status: 'withdrawn', message: '' })
    expect((await read(other.buyer, other.id)).body).toMatchObject({
      status: 'declined',
      message: 'For my EP',
    })
  })
})

test('the list is of one side, of one state, page by page', async () => {
  const { seller, buyer, product, id } = await setUpOpen()
  const second = await make(await seedPerson(sql), product, 1_000)
  await decline(seller, second.body.id)
  const list = async (actor: typeof seller, query: Record<string, string>) => {
    const { body } = await shop.api(marketplaceRoutes.listOffers, actor, { query })
    return { ids: body.data.map((offer) => offer.id), next: body.next_cursor }
  }
  expect((await list(buyer, {})).ids).toEqual([id])
  expect((await list(seller, {})).ids).toEqual([])
  const first = await list(seller, { role: 'seller', limit: '1' })
  expect(first.ids).toEqual([second.body.id])
  const rest = await list(seller, { role: 'seller', limit: '1', cursor: first.next! })
  expect(rest).toEqual({ ids: [id], next: null })
  expect((await list(seller, { role: 'seller', status: 'declined' })).ids).toEqual([second.body.id])
})
