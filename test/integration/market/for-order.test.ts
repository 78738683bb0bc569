import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { lockForOrder, type Wanted } from '../../../lib/products/for-order.ts'
import { presets } from '../../../lib/products/presets.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedClaim, seedProduct, seedSeller } from '../../support/market.ts'
import { block, seedPerson } from '../../support/social.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const request = createMarketApi(sql)
const exclusive = { name: 'Exclusive', price_amount: 50_000, is_exclusive: true }

const lock = (buyer: { id: string }, wanted: readonly Wanted[], now = new Date()) =>
  sql.begin((tx) => lockForOrder(tx, buyer.id, wanted, now))

const availabilities = async (buyer: { id: string }, wanted: readonly Wanted[], now?: Date) =>
  (await lock(buyer, wanted, now)).map(({ availability }) => availability)

async function seed(tiers: Parameters<typeof seedProduct>[2] = {}) {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const product = await seedProduct(sql, seller, tiers)
  const wanted = product.tier_ids.map((tier_id) => ({ product_id: product.product_id, tier_id }))
  return { seller, buyer, ...product, wanted }
}

test('tells all that is agreed on, in the order in which it is wanted', async () => {
  const { buyer, seller, track_id, wanted } = await seed({ tiers: [{}, exclusive] })

  const items = await lock(buyer, wanted.toReversed())

  expect(items).toEqual([
    {
      ...wanted[1],
      seller_id: seller.id,
      track_id,
      track_ids: [],
      kind: 'track_license',
      title: 'Low Tide',
      tier_name: 'Exclusive',
      is_exclusive: true,
      terms: presets.exclusive.terms,
      contract: presets.exclusive.contract,
      price_amount: 50_000,
      is_price_open: false,
      takes_payments: true,
      currency: 'usd',
      availability: 'available',
    },
    expect.objectContaining({
      ...wanted[0],
      tier_name: 'Lease',
      price_amount: 2_999,
      availability: 'available',
    }),
  ])
})

test('leaves out what the buyer may not see, and what there is not', async () => {
  const draft = await seed({ status: 'draft' })
  const blocked = await seed()
  const hidden = await seed()
  const open = await seed()
  await block(sql, blocked.seller, draft.buyer)
  await sql`update tracks set hidden_at = now() where id = ${hidden.track_id}`
  const strange = { product_id: open.product_id, tier_id: draft.tier_ids[0] }

  const wanted = [draft, blocked, hidden, open].flatMap(({ wanted }) => wanted)
  const items = await lock(draft.buyer, [...wanted, strange])

  expect(items.map(({ product_id }) => product_id)).toEqual([open.product_id])
})

test('tells what is not for sale now', async () => {
  const { buyer, seller, track_id, wanted } = await seed({ tiers: [{}, { price_amount: 0 }] })

  await sql`update sellers set charges_enabled = false where user_id = ${seller.id}`
  expect(await availabilities(buyer, wanted)).toEqual(['unavailable', 'available'])
  await sql`update tracks set visibility = 'private' where id = ${track_id}`
  expect(await availabilities(buyer, wanted)).toEqual(['unavailable', 'unavailable'])
})

test('tells what others took, as long as they have it', async () => {
  const now = new Date()
  const reserved = await seed({ tiers: [{}, exclusive] })
  const sold = await seed({ tiers: [{}, exclusive] })
  await seedClaim(sql, reserved, { state: 'reserved', expires_at: new Date(now.getTime() + 60_000) })
  await seedClaim(sql, sold, { state: 'sold', expires_at: now })

  expect(await availabilities(reserved.buyer, reserved.wanted)).toEqual(['available', 'taken'])
  expect(await availabilities(reserved.buyer, reserved.wanted, new Date(now.getTime() + 60_000))).toEqual([
    'available',
    'available',
  ])
  expect(await availabilities(sold.buyer, sold.wanted)).toEqual(['available', 'taken'])
})

test('holds off a change of the price, which then is told of', async () => {
  const { seller, buyer, product_id, wanted } = await seed()
  const [ordering] = await connections(1)
  const tiers = [{ name: 'Lease', price_amount: 9_999, currency: 'usd' }]
  let change: Promise<unknown> | undefined

  const seen = await ordering!.begin(async (tx) => {
    const [item] = await lockForOrder(tx, buyer.id, wanted, new Date())
    change = request(marketplaceRoutes.updateProduct, seller, { params: { product_id }, body: { tiers } })
    await waitForWaiting()
    const [again] = await lockForOrder(tx, buyer.id, wanted, new Date())
    return [item!, again!].map(({ price_amount, availability }) => ({ price_amount, availability }))
  })
  expect(await change).toMatchObject({ status: 200 })

  const before = { price_amount: 2_999, availability: 'available' }
  expect(seen).toEqual([before, before])
  expect(await availabilities(buyer, wanted)).toEqual(['replaced'])
})

/** Until somebody waits for a lock in this database. */
async function waitForWaiting() {
  const [watching] = await connections(1)
  for (;;) {
    const rows = await watching!`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `
    if (rows.length > 0) return
  }
}

test('lets one at a time ask for what is exclusive', async () => {
  const { buyer, product_id, wanted } = await seed({ tiers: [exclusive] })
  const buyers = await connections(8)
  let inside = 0
  let most = 0

  await Promise.all(
    buyers.map((connection) =>
      connection.begin(async (tx) => {
        await lockForOrder(tx, buyer.id, wanted, new Date())
        inside += 1
        most = Math.max(most, inside)
        await tx`select from products where id = ${product_id}`
        inside -= 1
      }),
    ),
  )

  expect(most).toBe(1)
})
