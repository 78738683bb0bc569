import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { markSold } from '../../../lib/products/for-order.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedProduct, seedSeller } from '../../support/market.ts'
import { type Person, seedTrack } from '../../support/social.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const request = createMarketApi(sql)
const { createProduct, deleteProduct, getProduct, updateProduct } = marketplaceRoutes

const lease = { name: 'Lease', price_amount: 2_999, currency: 'usd' }
const at = (product_id: string) => ({ params: { product_id } })
const change = (as: Person, product_id: string, body: object, etag?: string) =>
  request(updateProduct, as, { ...at(product_id), body, ...(etag && { headers: { 'if-match': etag } }) })

const pack = async (seller: Person) => {
  const track_ids = [await seedTrack(sql, seller), await seedTrack(sql, seller)]
  return request(createProduct, seller, {
    body: { kind: 'sample_pack', title: 'Drums', track_ids, tiers: [lease] },
  })
}

describe('a change', () => {
  test('is for whoever has seen the product last', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller)
    const { headers } = await request(getProduct, seller, at(product_id))

    const changed = await change(
      seller,
      product_id,
      { title: 'High Tide', description: 'Cold' },
      headers.etag,
    )
    const stale = await change(seller, product_id, { title: 'Ebb' }, headers.etag)

    expect(changed).toMatchObject({ status: 200, body: { title: 'High Tide', description: 'Cold' } })
    expect(changed.body.tiers[0]).toMatchObject(lease)
    expect(stale).toMatchObject({ status: 412, problem: { code: 'precondition_failed' } })
  })

  test('leaves tiers that stay with their ids, and takes others off sale for orders to point to', async () => {
    const seller = await seedSeller(sql)
    const { product_id, tier_ids } = await seedProduct(sql, seller, {
      tiers: [{}, { name: 'Free', price_amount: 0 }],
    })

    const tiers = [
      { ...lease, name: 'New' },
      { ...lease, name: 'Free', price_amount: 0 },
    ]
    const { body } = await change(seller, product_id, { tiers })
    const dearer = await change(seller, product_id, { tiers: [tiers[0], { ...tiers[1], price_amount: 100 }] })

    expect(body.tiers.map(({ name }) => name)).toEqual(['New', 'Free'])
    expect(body.tiers[1]!.id).toBe(tier_ids[1])
    expect(dearer.body.tiers[0]!.id).toBe(body.tiers[0]!.id)
    expect(dearer.body.tiers[1]!.id).not.toBe(tier_ids[1])
    const rows = await sql<{ id: string; is_removed: boolean; price_amount: number }[]>`
      select id, removed_at is not null as is_removed, price_amount from product_tiers
      where id = any(${[...tier_ids]}::uuid[]) order by position, id
    `
    expect(rows.map(({ id: _, ...row }) => row)).toEqual(
      expect.arrayContaining([
        { is_removed: true, price_amount: 2_999 },
        { is_removed: true, price_amount: 0 },
      ]),
    )
  })

  test('of a price keeps the licence and the contract of the tier that it names', async () => {
    const seller = await seedSeller(sql)
    const own = { ...lease, license: { audio_streams: 5 }, contract: 'For {{price}}.' }
    const made = await request(createProduct, seller, {
      body: { kind: 'service', title: 'Mixing', tiers: [own] },
    })
    const [tier] = made.body.tiers

    const { body } = await change(seller, made.body.id, {
      tiers: [{ ...lease, id: tier!.id, price_amount: 5_000 }],
    })

    expect(body.tiers).toEqual([{ ...tier, id: expect.any(String), price_amount: 5_000 }])
    expect(body.tiers[0]!.id).not.toBe(tier!.id)
  })

  test('puts other tracks into a pack', async () => {
    const seller = await seedSeller(sql)
    const { body } = await pack(seller)
    const track_ids = [await seedTrack(sql, seller), ...body.track_ids.toReversed()]

    expect((await change(seller, body.id, { track_ids })).body).toMatchObject({
      track_ids,
      status: 'published',
    })
  })

  test('publishes what may be, and takes it back', async () => {
    const seller = await seedSeller(sql, { isOnboarded: false })
    const { product_id } = await seedProduct(sql, seller, { status: 'draft' })
    const publish = () => change(seller, product_id, { status: 'published' })

    expect(await publish()).toMatchObject({ status: 409, problem: { code: 'onboarding_required' } })
    await sql`update sellers set charges_enabled = true where user_id = ${seller.id}`
    expect(await publish()).toMatchObject({ status: 409, problem: { code: 'onboarding_required' } })
    await sql`update sellers set payouts_enabled = true where user_id = ${seller.id}`
    expect((await publish()).body).toMatchObject({ status: 'published', tiers: [{ is_available: true }] })
    expect((await change(seller, product_id, { status: 'draft' })).body).toMatchObject({
      status: 'draft',
      tiers: [{ is_available: false }],
    })
    expect((await request(getProduct, undefined, at(product_id))).status).toBe(404)
  })

  test('asks for a price only what may be sold for money, also while it is on sale', async () => {
    const seller = await seedSeller(sql, { isOnboarded: false })
    const { product_id } = await seedProduct(sql, seller, { tiers: [{ price_amount: 0 }] })

    expect(await change(seller, product_id, { tiers: [lease] })).toMatchObject({
      status: 409,
      problem: { code: 'onboarding_required' },
    })
    expect((await change(seller, product_id, { tiers: [{ ...lease, price_amount: 0 }] })).status).toBe(200)
    expect((await change(seller, product_id, { title: 'Other' })).status).toBe(200)
  })

  test('publishes nothing whose track is gone', async () => {
    const seller = await seedSeller(sql)
    const { product_id, track_id } = await seedProduct(sql, seller, { status: 'draft' })
    await sql`update tracks set deleted_at = now() where id = ${track_id}`

    expect(await change(seller, product_id, { status: 'published' })).toMatchObject({
      status: 409,
      problem: { code: 'track_not_ready' },
    })
  })

  test.each([
    { name: 'another kind', body: { kind: 'service' }, pointer: 'kind' },
    { name: 'another track', body: { track_id: crypto.randomUUID() }, pointer: 'track_id' },
    { name: 'a pack of a licence', body: { track_ids: [crypto.randomUUID()] }, pointer: 'track_ids' },
    { name: 'no tier', body: { tiers: [] }, pointer: 'tiers' },
    {
      name: 'a strange tier',
      body: { tiers: [{ ...lease, id: crypto.randomUUID() }] },
      pointer: 'tiers/0/id',
    },
    { name: 'a sale', body: { status: 'sold' }, pointer: 'status' },
  ])('refuses $name', async ({ body, pointer }) => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller)

    const { status, problem } = await change(seller, product_id, body)

    expect({ status, pointers: problem.errors?.map((error) => error.pointer) }).toEqual({
      status: 422,
      pointers: [`#/body/${pointer}`],
    })
  })

  test('makes no service exclusive, and puts no track of others into a pack', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    const { product_id } = await seedProduct(sql, seller, { kind: 'service' })
    const { body } = await pack(seller)
    const strange = await seedTrack(sql, other)

    const exclusive = await change(seller, product_id, { tiers: [{ ...lease, is_exclusive: true }] })
    const stolen = await change(seller, body.id, { track_ids: [body.track_ids[0], strange] })

    expect(exclusive.problem.errors).toMatchObject([{ pointer: '#/body/tiers/0/is_exclusive' }])
    expect(stolen.problem.errors).toMatchObject([{ pointer: '#/body/track_ids/1', code: 'track_not_found' }])
  })

  test('is for its seller alone', async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
    const { product_id } = await seedProduct(sql, seller)

    expect((await change(other, product_id, { title: 'Mine' })).status).toBe(404)
    expect((await request(deleteProduct, other, at(product_id))).status).toBe(404)
  })

  test('of several at once is made by one of those who saw the same', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller)
    const { headers } = await request(getProduct, seller, at(product_id))
    const apis = (await connections(8)).map((connection) => createMarketApi(connection))

    const answers = await Promise.all(
      apis.map((api, number) =>
        api(updateProduct, seller, {
          ...at(product_id),
          body: { tiers: [{ ...lease, price_amount: 1_000 + number }] },
          headers: { 'if-match': headers.etag! },
        }),
      ),
    )

    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)])
    const winner = answers.find(({ status }) => status === 200)!
    expect((await request(getProduct, seller, at(product_id))).body.tiers).toEqual(winner.body.tiers)
  })

  test('of several at once, by whoever has not looked, leaves one set of tiers', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller)
    const apis = (await connections(8)).map((connection) => createMarketApi(connection))
    const sets = apis.map((_, number) => [
      { ...lease, price_amount: 1_000 + number },
      { ...lease, name: 'Other', price_amount: 2_000 + number },
    ])

    const answers = await Promise.all(
      apis.map((api, number) =>
        api(updateProduct, seller, { ...at(product_id), body: { tiers: sets[number] } }),
      ),
    )

    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const prices = (await request(getProduct, seller, at(product_id))).body.tiers.map(
      (tier) => tier.price_amount,
    )
    expect(sets.map((set) => set.map((tier) => tier.price_amount))).toContainEqual(prices)
  })
})

describe('a product that is taken back', () => {
  test('is there for nobody, and its tiers stay for its orders', async () => {
    const seller = await seedSeller(sql)
    const { product_id, tier_ids } = await seedProduct(sql, seller)
    const { headers } = await request(getProduct, seller, at(product_id))
    await change(seller, product_id, { title: 'Other' })

    const stale = await request(deleteProduct, seller, {
      ...at(product_id),
      headers: { 'if-match': headers.etag! },
    })
    const taken = await request(deleteProduct, seller, at(product_id))

    expect([stale.status, taken.status]).toEqual([412, 204])
    expect((await request(getProduct, seller, at(product_id))).status).toBe(404)
    expect((await change(seller, product_id, { status: 'published' })).status).toBe(404)
    expect((await request(deleteProduct, seller, at(product_id))).status).toBe(404)
    const rows = await sql`
      select p.status from product_tiers r join products p on p.id = r.product_id
      where r.id = ${tier_ids[0]} and r.removed_at is null
    `
    expect(rows).toEqual([{ status: 'archived' }])
  })
})

test('a track that is purged leaves its product without anything to order', async () => {
  const seller = await seedSeller(sql)
  const { product_id, track_id } = await seedProduct(sql, seller)
  const { body } = await pack(seller)
  await sql`
    update tracks set deleted_at = now(), purges_at = now()
    where id = any(${[track_id!, body.track_ids[0]!]}::uuid[])
  `

  while ((await purgeDueTracks(sql, new Date(Date.now() + 60_000))) > 0);

  for (const id of [product_id, body.id]) {
    expect((await request(getProduct, undefined, at(id))).body).toMatchObject({
      status: 'published',
      tiers: [{ is_available: false }],
    })
  }
})

describe('a product whose track is sold', () => {
  const sell = async (status: 'draft' | 'published') => {
    const seller = await seedSeller(sql)
    const product = await seedProduct(sql, seller, { status, tiers: [{}, { is_exclusive: true }] })
    await sql.begin((tx) => markSold(tx, [product.track_id!], new Date()))
    return { seller, ...product }
  }

  test('is still seen, and nothing of it can be ordered', async () => {
    const { product_id } = await sell('published')

    expect((await request(getProduct, undefined, at(product_id))).body).toMatchObject({
      status: 'sold',
      tiers: [{ is_available: false }, { is_available: false }],
    })
  })

  test('does not come back on sale', async () => {
    const { seller, product_id } = await sell('draft')

    for (const body of [{ status: 'published' }, { status: 'draft' }, { tiers: [lease] }]) {
      expect(await change(seller, product_id, body)).toMatchObject({
        status: 409,
        problem: { code: 'conflict' },
      })
    }
    expect((await change(seller, product_id, { title: 'Gone' })).body).toMatchObject({
      title: 'Gone',
      status: 'sold',
    })
    expect((await request(deleteProduct, seller, at(product_id))).status).toBe(204)
  })
})
