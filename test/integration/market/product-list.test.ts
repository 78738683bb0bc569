import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedProduct, seedSeller } from '../../support/market.ts'
import { block, seedPerson, seedTrack } from '../../support/social.ts'

const { sql } = useDatabase()
const request = createMarketApi(sql)
const { listProducts } = marketplaceRoutes

type Query = Readonly<Record<string, string | number>>
const list = (query: Query, as?: Parameters<typeof request>[1]) => request(listProducts, as, { query })
const idsOf = async (query: Query, as?: Parameters<typeof request>[1]) =>
  (await list(query, as)).body.data.map(({ id }) => id)

test('a list is of what is on sale, newest first, and goes on where it ended', async () => {
  const seller = await seedSeller(sql)
  const made: string[] = []
  for (let at = 0; at < 5; at++) made.unshift((await seedProduct(sql, seller)).product_id)

  const pages: string[][] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { body } = await list({ limit: 2, seller: seller.username, ...(cursor && { cursor }) })
    pages.push(body.data.map(({ id }) => id))
    cursor = body.next_cursor
  }

  expect(pages).toEqual([made.slice(0, 2), made.slice(2, 4), made.slice(4)])
  expect((await list({ limit: 5 })).body.data[0]).toMatchObject({
    id: made[0],
    tiers: [{ is_available: true }],
  })
  expect((await list({ limit: 1 })).body.data[0]!.tiers[0]).not.toHaveProperty('contract')
})

test('a list is filtered by seller, track, kind and currency, all at once', async () => {
  const seller = await seedSeller(sql)
  const dollars = await seedProduct(sql, seller)
  const euros = await seedProduct(sql, seller, { tiers: [{ currency: 'eur' }] })
  const service = await seedProduct(sql, seller, { kind: 'service', tiers: [{ currency: 'eur' }] })
  const others = await seedProduct(sql, await seedSeller(sql), { tiers: [{ currency: 'eur' }] })
  const own = { seller: seller.username.toUpperCase() }

  expect(await idsOf(own)).toEqual([service, euros, dollars].map(({ product_id }) => product_id))
  expect(await idsOf({ track_id: euros.track_id! })).toEqual([euros.product_id])
  expect(await idsOf({ ...own, kind: 'service' })).toEqual([service.product_id])
  expect(await idsOf({ ...own, currency: 'eur' })).toEqual([service.product_id, euros.product_id])
  expect(await idsOf({ ...own, currency: 'eur', kind: 'track_license' })).toEqual([euros.product_id])
  expect(await idsOf({ ...own, track_id: others.track_id! })).toEqual([])
  expect(await idsOf({ seller: 'nobody_at_all' })).toEqual([])
})

test('a list leaves out what is not to be come upon, but for its seller', async () => {
  const seller = await seedSeller(sql)
  const draft = await seedProduct(sql, seller, { status: 'draft' })
  const unlisted = await seedProduct(sql, seller, { track_id: await seedTrack(sql, seller, 'unlisted') })
  const sold = await seedProduct(sql, seller)
  const archived = await seedProduct(sql, seller)
  const open = await seedProduct(sql, seller)
  await sql`update products set status = 'sold' where id = ${sold.product_id}`
  await sql`update products set status = 'archived' where id = ${archived.product_id}`
  const own = { seller: seller.username }

  expect(await idsOf(own)).toEqual([open.product_id])
  expect(await idsOf(own, await seedPerson(sql))).toEqual([open.product_id])
  expect(await idsOf(own, seller)).toEqual([open, sold, unlisted, draft].map(({ product_id }) => product_id))
})

test.each([
  { name: 'deleted', change: { deleted_at: new Date() } },
  { name: 'private', change: { visibility: 'private' } },
  { name: 'hidden', change: { hidden_at: new Date() } },
  { name: 'withdrawn', change: { status: 'rejected', current_version_id: null } },
])('a list leaves out what is about a track that is $name', async ({ change }) => {
  const seller = await seedSeller(sql)
  const { track_id } = await seedProduct(sql, seller)
  await sql`update tracks set ${sql(change)} where id = ${track_id}`

  expect(await idsOf({ seller: seller.username })).toEqual([])
})

test('a list shows nothing across a block, nor of whom an account ends', async () => {
  const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
  const { product_id } = await seedProduct(sql, seller)
  await block(sql, seller, buyer)

  expect(await idsOf({ seller: seller.username }, buyer)).toEqual([])
  expect(await idsOf({ seller: seller.username })).toEqual([product_id])
  await sql`update users set deletes_at = now() where id = ${seller.id}`
  expect(await idsOf({ seller: seller.username })).toEqual([])
})

test.each([
  { name: 'a cursor of another list', query: { cursor: 'AAAA' }, status: 400 },
  { name: 'a limit of 101', query: { limit: 101 }, status: 422 },
  { name: 'an unknown kind', query: { kind: 'album' }, status: 422 },
  { name: 'an unknown currency', query: { currency: 'xau' }, status: 422 },
  { name: 'a track that is no id', query: { track_id: 'one' }, status: 422 },
  { name: 'an unknown filter', query: { price: 1 }, status: 422 },
])('refuses $name', async ({ query, status }) => {
  expect((await list(query as Query)).status).toBe(status)
})

test('refuses a cursor with other filters than gave it', async () => {
  const seller = await seedSeller(sql)
  for (let at = 0; at < 2; at++) await seedProduct(sql, seller)
  const { body } = await list({ seller: seller.username, limit: 1 })

  expect((await list({ seller: seller.username, kind: 'service', cursor: body.next_cursor! })).status).toBe(
    400,
  )
})
