import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { markSold } from '../../../lib/products/for-order.ts'
import { createPostgresSearch } from '../../../lib/search/postgres-search.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedClaim, seedProduct, seedSeller } from '../../support/market.ts'
import { type Person, seedTrack } from '../../support/social.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const request = createMarketApi(sql)
const { deleteProduct, updateProduct } = marketplaceRoutes

const isPurchasable = async (track_id: string | null) =>
  (await sql`select is_purchasable from tracks where id = ${track_id}`)[0]!.is_purchasable

const change = (as: Person, product_id: string, body: object) =>
  request(updateProduct, as, { params: { product_id }, body })

async function seed(options: Parameters<typeof seedProduct>[2] = {}) {
  const seller = await seedSeller(sql)
  const product = await seedProduct(sql, seller, options)
  return { seller, ...product, track_id: product.track_id! }
}

test('a track can be bought exactly while a product of it is on sale', async () => {
  const { seller, track_id, product_id } = await seed({ status: 'draft' })
  const other = await seedProduct(sql, seller, { track_id, status: 'draft' })

  expect(await isPurchasable(track_id)).toBe(false)
  await change(seller, product_id, { status: 'published' })
  expect(await isPurchasable(track_id)).toBe(true)
  await change(seller, other.product_id, { status: 'published' })
  await change(seller, product_id, { status: 'draft' })
  expect(await isPurchasable(track_id)).toBe(true)
  await request(deleteProduct, seller, { params: { product_id: other.product_id } })
  expect(await isPurchasable(track_id)).toBe(false)
})

test('it is found so by the search', async () => {
  const { track_id } = await seed()
  const search = createPostgresSearch({ sql })
  const find = async (purchasable: boolean) =>
    (
      await search.find({ purchasable, sort: 'newest', period: 'all', hidden_owner_ids: [] }, undefined, 100)
    ).map(({ id }) => id)

  expect(await find(true)).toContain(track_id)
  expect(await find(false)).not.toContain(track_id)
  await sql`update products set status = 'draft' where track_id = ${track_id}`
  expect(await find(true)).not.toContain(track_id)
  expect(await find(false)).toContain(track_id)
})

test.each([
  { name: 'private', change: { visibility: 'private' }, back: { visibility: 'public' } },
  { name: 'unlisted', change: { visibility: 'unlisted' }, back: { visibility: 'public' } },
  { name: 'deleted', change: { deleted_at: new Date() }, back: { deleted_at: null } },
  { name: 'hidden', change: { hidden_at: new Date() }, back: { hidden_at: null } },
  { name: 'withdrawn', change: { status: 'rejected' }, back: { status: 'ready' } },
])('not while it is $name', async ({ change, back }) => {
  const { track_id } = await seed()

  await sql`update tracks set ${sql(change)} where id = ${track_id}`
  expect(await isPurchasable(track_id)).toBe(false)
  await sql`update tracks set ${sql(back)} where id = ${track_id}`
  expect(await isPurchasable(track_id)).toBe(true)
})

test('for money only while its seller can take payments', async () => {
  const { seller, track_id } = await seed()
  const free = await seedProduct(sql, seller, { tiers: [{ price_amount: 0 }] })
  const enable = (isOn: boolean) =>
    sql`update sellers set charges_enabled = ${isOn} where user_id = ${seller.id}`

  await enable(false)
  expect([await isPurchasable(track_id), await isPurchasable(free.track_id)]).toEqual([false, true])
  await enable(true)
  expect(await isPurchasable(track_id)).toBe(true)
})

test('an exclusive licence not while somebody has it, or is paying for it', async () => {
  const { seller, track_id, product_id, tier_ids } = await seed({ tiers: [{ is_exclusive: true }] })
  const beside = await seedProduct(sql, seller, { track_id })
  const claimId = await seedClaim(sql, { track_id, product_id, tier_ids })

  expect(await isPurchasable(track_id)).toBe(true)
  await change(seller, beside.product_id, { status: 'draft' })
  expect(await isPurchasable(track_id)).toBe(false)
  await sql`update exclusive_claims set state = 'lapsed' where id = ${claimId}`
  expect(await isPurchasable(track_id)).toBe(true)
  await sql.begin(async (tx) => {
    await tx`update exclusive_claims set state = 'sold' where id = ${claimId}`
    await markSold(tx, [track_id], new Date())
  })
  expect(await isPurchasable(track_id)).toBe(false)
})

test('two products that are taken back at the same time leave nothing to buy', async () => {
  const apis = (await connections(8)).map((connection) => createMarketApi(connection))

  for (let round = 0; round < 5; round++) {
    const seller = await seedSeller(sql)
    const track_id = await seedTrack(sql, seller)
    const products = await Promise.all(apis.map(() => seedProduct(sql, seller, { track_id })))

    const answers = await Promise.all(
      products.map(({ product_id }, at) => apis[at]!(deleteProduct, seller, { params: { product_id } })),
    )

    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(204))
    expect(await isPurchasable(track_id)).toBe(false)
  }
})

test('a track that goes while its product comes ends as one of the two orders has it', async () => {
  const [hiding, publishing] = await connections(2)
  const api = createMarketApi(publishing!)

  for (let round = 0; round < 10; round++) {
    const { seller, track_id, product_id } = await seed({ status: 'draft' })
    await Promise.all([
      hiding!`update tracks set visibility = 'private' where id = ${track_id}`,
      api(updateProduct, seller, { params: { product_id }, body: { status: 'published' } }),
    ])
    expect(await isPurchasable(track_id)).toBe(false)
  }
})
