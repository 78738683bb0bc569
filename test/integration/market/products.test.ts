import { randomUUID } from 'node:crypto'
import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { presets } from '../../../lib/products/presets.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedClaim, seedProduct, seedSeller } from '../../support/market.ts'
import { block, type Person, seedPerson, seedTrack } from '../../support/social.ts'

const { sql } = useDatabase()
const request = createMarketApi(sql)
const { createProduct, getProduct } = marketplaceRoutes

const lease = { name: 'Lease', price_amount: 2_999, currency: 'usd' }
const free = { name: 'Free', price_amount: 0, currency: 'usd' }
const exclusive = { name: 'Exclusive', price_amount: 50_000, currency: 'usd', is_exclusive: true }

const create = (as: Person, body: object) => request(createProduct, as, { body })
const offer = async (seller: Person, track_id: string, fields: object = {}) =>
  create(seller, { kind: 'track_license', title: 'Low Tide', track_id, tiers: [lease], ...fields })
const get = (as: Person | undefined, product_id: string) =>
  request(getProduct, as, { params: { product_id } })

describe('a new product', () => {
  test('is on sale at once, with the terms and the contract of the basic lease', async () => {
    const seller = await seedSeller(sql)
    const track_id = await seedTrack(sql, seller)

    const made = await offer(seller, track_id, { description: 'Warm', tiers: [lease, free] })
    const read = await get(undefined, made.body.id)

    expect(made).toMatchObject({ status: 201, body: read.body })
    expect(made.headers.etag).toMatch(/^"1-[\da-f]{8}"$/)
    expect(read.body).toMatchObject({
      seller: { id: seller.id, username: seller.username },
      kind: 'track_license',
      track_id,
      track_ids: [],
      title: 'Low Tide',
      description: 'Warm',
      status: 'published',
      tiers: [
        { ...lease, is_exclusive: false, is_available: true, license: presets.basic_lease.terms },
        { ...free, is_available: true, contract: presets.basic_lease.contract },
      ],
    })
  })

  test('is exclusive by the exclusive contract, with what is given beside it', async () => {
    const seller = await seedSeller(sql)
    const tier = {
      ...exclusive,
      license: { term_years: 5, territory: ['FR', 'BE'] },
      contract: 'For {{price}}.',
    }

    const { body } = await offer(seller, await seedTrack(sql, seller), { tiers: [tier] })

    expect(body.tiers[0]).toMatchObject({
      is_exclusive: true,
      is_available: true,
      license: { ...presets.exclusive.terms, term_years: 5, territory: ['FR', 'BE'] },
      contract: 'For {{price}}.',
    })
  })

  test('is a pack of what is not to be found by itself, in its order', async () => {
    const seller = await seedSeller(sql)
    const track_ids = [await seedTrack(sql, seller, 'private'), await seedTrack(sql, seller)].toReversed()

    const { body } = await create(seller, { kind: 'sample_pack', title: 'Drums', track_ids, tiers: [lease] })

    expect(body).toMatchObject({ kind: 'sample_pack', track_id: null, track_ids, status: 'published' })
    expect(body.tiers[0]!.is_available).toBe(true)
  })

  test('is a service', async () => {
    const { body } = await create(await seedSeller(sql), { kind: 'service', title: 'Mixing', tiers: [lease] })

    expect(body).toMatchObject({ kind: 'service', track_id: null, track_ids: [], status: 'published' })
  })

  test('waits as a draft for what is missing, unless it was to be published', async () => {
    const seller = await seedSeller(sql, { isOnboarded: false })
    const track_id = await seedTrack(sql, seller)

    const left = await offer(seller, track_id)
    const asked = await offer(seller, track_id, { status: 'published' })
    const given = await offer(seller, track_id, { status: 'published', tiers: [free] })

    expect(left.body).toMatchObject({ status: 'draft', tiers: [{ is_available: false }] })
    expect(asked).toMatchObject({ status: 409, problem: { code: 'onboarding_required' } })
    expect(given.body).toMatchObject({ status: 'published', tiers: [{ is_available: true }] })
  })

  test('promises no stems of a single track, but of a pack', async () => {
    const seller = await seedSeller(sql)
    const track_id = await seedTrack(sql, seller)
    const tiers = [lease, { ...free, license: { files: ['master', 'stems'] } }]

    expect(await offer(seller, track_id, { tiers })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/tiers/1/license/files', code: 'not_of_this_kind' }] },
    })
    const { body } = await offer(seller, track_id)
    const change = { params: { product_id: body.id }, body: { tiers } }
    expect(await request(marketplaceRoutes.updateProduct, seller, change)).toMatchObject({ status: 422 })
    const pack = { kind: 'sample_pack', title: 'Drums', track_ids: [track_id], tiers }
    expect(await create(seller, pack)).toMatchObject({ status: 201 })
  })

  test.each([
    { name: 'on sale', status: 'published', files: ['mp3'], count: 1 },
    { name: 'a draft', status: 'draft', files: ['mp3'], count: 0 },
    { name: 'without one', status: 'published', files: ['master'], count: 0 },
  ])('that is $name has $count MP3s made of its track', async ({ status, files, count }) => {
    const seller = await seedSeller(sql)
    const track_id = await seedTrack(sql, seller)
    await sql`update track_versions set container = 'wav' where track_id = ${track_id}`

    await offer(seller, track_id, { status, tiers: [{ ...lease, license: { files } }] })

    const asked = await sql`
      select from outbox o join track_versions v on v.id = (o.payload ->> 'version_id')::uuid
      where o.type = 'track.make_mp3' and v.track_id = ${track_id}
    `
    expect(asked).toHaveLength(count)
  })

  test('waits for its track to be ready', async () => {
    const seller = await seedSeller(sql)
    const track_id = await seedTrack(sql, seller)
    await sql`update tracks set status = 'transcoding', current_version_id = null where id = ${track_id}`

    expect((await offer(seller, track_id)).body).toMatchObject({ status: 'draft' })
    expect(await offer(seller, track_id, { status: 'published' })).toMatchObject({
      status: 409,
      problem: { code: 'track_not_ready' },
    })
  })

  test('waits for good where somebody has its track for themselves, and so does a pack of it', async () => {
    const seller = await seedSeller(sql)
    const sold = await seedProduct(sql, seller, { tiers: [exclusive] })
    const pack = { kind: 'sample_pack', title: 'Drums', track_ids: [sold.track_id], tiers: [lease] }
    const before = await create(seller, pack)
    await seedClaim(sql, sold, { state: 'sold' })

    expect((await offer(seller, sold.track_id!)).body).toMatchObject({ status: 'draft' })
    expect((await get(undefined, before.body.id)).body).toMatchObject({ tiers: [{ is_available: false }] })
    for (const body of [
      pack,
      { ...pack, kind: 'track_license', track_id: sold.track_id, track_ids: undefined },
    ]) {
      expect(await create(seller, { ...body, status: 'published' })).toMatchObject({
        status: 409,
        problem: { code: 'exclusive_unavailable' },
      })
    }
  })

  const trackIds = Array.from({ length: 201 }, () => randomUUID())
  test.each([
    { name: 'nothing', body: {}, pointers: ['kind', 'title', 'tiers'] },
    { name: 'no tier', body: { tiers: [] }, pointers: ['tiers'] },
    { name: 'eleven tiers', body: { tiers: Array(11).fill(lease) }, pointers: ['tiers'] },
    { name: 'a negative price', tier: { price_amount: -1 }, pointers: ['tiers/0/price_amount'] },
    { name: 'a part of a cent', tier: { price_amount: 0.5 }, pointers: ['tiers/0/price_amount'] },
    { name: 'a price past all', tier: { price_amount: 10 ** 12 }, pointers: ['tiers/0/price_amount'] },
    { name: 'a price as text', tier: { price_amount: '100' }, pointers: ['tiers/0/price_amount'] },
    { name: 'less than can be charged', tier: { price_amount: 49 }, pointers: ['tiers/0/price_amount'] },
    {
      name: 'less than can be charged in yen',
      tier: { price_amount: 49, currency: 'jpy' },
      pointers: ['tiers/0/price_amount'],
    },
    { name: 'an unknown currency', tier: { currency: 'xau' }, pointers: ['tiers/0/currency'] },
    { name: 'a currency in capitals', tier: { currency: 'USD' }, pointers: ['tiers/0/currency'] },
    {
      name: 'two currencies',
      body: { tiers: [lease, { ...lease, currency: 'eur' }] },
      pointers: ['tiers/1/currency'],
    },
    { name: 'no name', tier: { name: ' ' }, pointers: ['tiers/0/name'] },
    {
      name: 'a negative limit',
      tier: { license: { audio_streams: -1 } },
      pointers: ['tiers/0/license/audio_streams'],
    },
    { name: 'an unknown limit', tier: { license: { planets: 1 } }, pointers: ['tiers/0/license/planets'] },
    {
      name: 'a country twice',
      tier: { license: { territory: ['FR', 'FR'] } },
      pointers: ['tiers/0/license/territory'],
    },
    {
      name: 'an unknown file',
      tier: { license: { files: ['vinyl'] } },
      pointers: ['tiers/0/license/files/0'],
    },
    { name: 'an unknown variable', tier: { contract: 'For {{prise}}' }, pointers: ['tiers/0/contract'] },
    { name: 'an open brace', tier: { contract: 'For {{price' }, pointers: ['tiers/0/contract'] },
    { name: 'a tier of another product', tier: { id: randomUUID() }, pointers: ['tiers/0/id'] },
    { name: 'an unknown template', tier: { template_id: randomUUID() }, pointers: ['tiers/0/template_id'] },
    {
      name: 'a template and a preset',
      tier: { template_id: randomUUID(), preset: 'unlimited' },
      pointers: ['tiers/0/preset'],
    },
    { name: 'an unknown field', body: { seller_id: randomUUID() }, pointers: ['seller_id'] },
    { name: 'a licence without a track', body: { kind: 'track_license' }, pointers: ['track_id'] },
    { name: 'a pack without tracks', body: { kind: 'sample_pack' }, pointers: ['track_ids'] },
    { name: 'a pack of 201', body: { kind: 'sample_pack', track_ids: trackIds }, pointers: ['track_ids'] },
    {
      name: 'a pack of one twice',
      body: { kind: 'sample_pack', track_ids: [trackIds[0], trackIds[0]] },
      pointers: ['track_ids'],
    },
    {
      name: 'a pack of unknown tracks',
      body: { kind: 'sample_pack', track_ids: trackIds.slice(0, 2) },
      pointers: ['track_ids/0', 'track_ids/1'],
    },
    { name: 'a service with a track', body: { track_id: randomUUID() }, pointers: ['track_id'] },
    { name: 'an exclusive service', tier: { is_exclusive: true }, pointers: ['tiers/0/is_exclusive'] },
    { name: 'a status that is not chosen', body: { status: 'sold' }, pointers: ['status'] },
  ])('refuses $name, naming it', async ({ name, body, tier, pointers }) => {
    const service = { kind: 'service', title: 'Mixing', tiers: [{ ...lease, ...tier }] }

    const { status, problem } = await create(
      await seedSeller(sql),
      name === 'nothing' ? {} : { ...service, ...body },
    )

    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'validation_failed' })
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(pointers.map((name) => `#/body/${name}`))
  })

  test("refuses somebody else's track as one that there is not", async () => {
    const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]

    expect(await offer(seller, await seedTrack(sql, other))).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/track_id', code: 'track_not_found' }] },
    })
  })

  test('refuses whoever may not sell', async () => {
    const person = await seedPerson(sql)

    expect(await offer(person, await seedTrack(sql, person))).toMatchObject({ status: 403 })
  })
})

describe('a product is seen', () => {
  test('by nobody but its seller while it is a draft', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller, { status: 'draft' })

    expect(await get(seller, product_id)).toMatchObject({ status: 200, body: { status: 'draft' } })
    expect((await get(await seedPerson(sql), product_id)).status).toBe(404)
    expect((await get(undefined, product_id)).status).toBe(404)
  })

  test.each(['seller', 'buyer'])('by nobody the %s has to do with a block of', async (who) => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const { product_id } = await seedProduct(sql, seller)
    await (who === 'seller' ? block(sql, seller, buyer) : block(sql, buyer, seller))

    expect((await get(buyer, product_id)).status).toBe(404)
    expect((await get(undefined, product_id)).status).toBe(200)
  })

  test('by nobody when its seller ends the account, nor once that is gone', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller)
    await sql`update products set status = 'sold' where id = ${product_id}`

    await sql`update users set deletes_at = now() where id = ${seller.id}`
    expect((await get(undefined, product_id)).status).toBe(404)
    await sql`update users set deletes_at = null, deleted_at = now() where id = ${seller.id}`
    expect((await get(undefined, product_id)).status).toBe(404)
  })
})

describe('a tier is available', () => {
  test.each([
    { name: 'deleted', change: { deleted_at: new Date() } },
    { name: 'private', change: { visibility: 'private' } },
    { name: 'withdrawn', change: { status: 'rejected', current_version_id: null } },
  ])('no longer where its track is $name', async ({ change }) => {
    const { product_id, track_id } = await seedProduct(sql, await seedSeller(sql))
    await sql`update tracks set ${sql(change)} where id = ${track_id}`

    expect((await get(undefined, product_id)).body).toMatchObject({ tiers: [{ is_available: false }] })
  })

  test('no longer where its track is hidden by moderators, which hides it too', async () => {
    const seller = await seedSeller(sql)
    const { product_id, track_id } = await seedProduct(sql, seller)
    await sql`update tracks set hidden_at = now() where id = ${track_id}`

    expect((await get(undefined, product_id)).status).toBe(404)
    expect((await get(seller, product_id)).body).toMatchObject({ tiers: [{ is_available: false }] })
  })

  test('for money only while its seller can take payments', async () => {
    const seller = await seedSeller(sql)
    const { product_id } = await seedProduct(sql, seller, { tiers: [{}, { price_amount: 0 }] })
    await sql`update sellers set charges_enabled = false where user_id = ${seller.id}`

    expect((await get(undefined, product_id)).body.tiers).toMatchObject([
      { is_available: false },
      { is_available: true },
    ])
  })
})
