import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedSeller } from '../../support/market.ts'
import { type Person, seedTrack } from '../../support/social.ts'

const { sql } = useDatabase()
const request = createMarketApi(sql)
const { createProduct, getProduct, listProducts, updateProduct } = marketplaceRoutes

const open = { name: 'Lease', price_amount: 500, currency: 'usd', is_price_open: true }

const offer = async (seller: Person, tier: object) =>
  request(createProduct, seller, {
    body: {
      kind: 'track_license',
      title: 'Low Tide',
      track_id: await seedTrack(sql, seller),
      tiers: [tier],
    },
  })

test('a price that the buyer names is shown to everybody, with the least', async () => {
  const seller = await seedSeller(sql)

  const made = await offer(seller, open)

  const params = { product_id: made.body.id }
  const read = await request(getProduct, undefined, { params })
  const listed = await request(listProducts, undefined, { query: { seller: seller.username } })
  expect(made.status).toBe(201)
  for (const { tiers } of [made.body, read.body, listed.body.data[0]!]) {
    expect(tiers).toMatchObject([{ ...open, is_available: true }])
  }
})

test('a price is fixed unless it is said to be open, and opening it makes another tier of it', async () => {
  const seller = await seedSeller(sql)
  const { body } = await offer(seller, { ...open, is_price_open: undefined })
  const change = (tier: object) =>
    request(updateProduct, seller, { params: { product_id: body.id }, body: { tiers: [tier] } })

  const opened = await change(open)
  const again = await change(open)

  expect(body.tiers[0]!.is_price_open).toBe(false)
  expect(opened.body.tiers).toMatchObject([open])
  expect(opened.body.tiers[0]!.id).not.toBe(body.tiers[0]!.id)
  expect(again.body.tiers[0]!.id).toBe(opened.body.tiers[0]!.id)
})

test('a least of nothing is free: it is on sale before Stripe pays its seller, and a least of something is not', async () => {
  const seller = await seedSeller(sql, { isOnboarded: false })

  const free = await offer(seller, { ...open, price_amount: 0 })
  const priced = await offer(seller, open)

  expect(free.body).toMatchObject({ status: 'published', tiers: [{ is_available: true }] })
  expect(priced.body).toMatchObject({ status: 'draft', tiers: [{ is_available: false }] })
})

test.each([
  { name: 'an exclusive licence', tier: { is_exclusive: true }, pointer: 'is_price_open' },
  { name: 'a least that cannot be charged', tier: { price_amount: 1 }, pointer: 'price_amount' },
])('$name has no open price', async ({ tier, pointer }) => {
  const seller = await seedSeller(sql)
  const { body: product } = await offer(seller, open)
  const tiers = [{ ...open, ...tier }]

  const made = await offer(seller, tiers[0]!)
  const changed = await request(updateProduct, seller, {
    params: { product_id: product.id },
    body: { tiers },
  })

  for (const { status, problem } of [made, changed]) {
    expect(status).toBe(422)
    expect(problem.errors).toMatchObject([{ pointer: `#/body/tiers/0/${pointer}` }])
  }
})
