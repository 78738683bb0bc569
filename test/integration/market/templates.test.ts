import { marketplaceRoutes } from '../../../functions/marketplace/routes.ts'
import { presets } from '../../../lib/products/presets.ts'
import { useDatabase } from '../../support/database.ts'
import { createMarketApi, seedSeller } from '../../support/market.ts'
import { type Person, seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const request = createMarketApi(sql)
const {
  createLicenseTemplate,
  createProduct,
  deleteLicenseTemplate,
  getLicenseTemplate,
  getProduct,
  listLicensePresets,
  listLicenseTemplates,
  updateLicenseTemplate,
} = marketplaceRoutes

const create = (as: Person, body: object = { name: 'Mine' }) => request(createLicenseTemplate, as, { body })
const at = (template_id: string) => ({ params: { template_id } })

test('anybody reads the presets, and what contracts can name', async () => {
  const { status, body } = await request(listLicensePresets, undefined)

  expect(status).toBe(200)
  expect(body.data.map(({ id }) => id)).toEqual(['basic_lease', 'unlimited', 'exclusive'])
  expect(body.data[0]).toEqual({ id: 'basic_lease', ...presets.basic_lease })
  expect(body.variables).toContainEqual({ name: 'licensee_name', meaning: "the buyer's legal name" })
})

test('a template is made from a preset, with what is given beside it', async () => {
  const seller = await seedSeller(sql)

  const plain = await create(seller)
  const own = await create(seller, {
    name: 'Radio',
    preset: 'unlimited',
    terms: { radio_stations: 5, files: ['master', 'stems'] },
    contract: 'For {{ licensee_name }}.',
  })

  expect(plain).toMatchObject({ status: 201, body: { name: 'Mine', terms: presets.basic_lease.terms } })
  expect(plain.body.contract).toBe(presets.basic_lease.contract)
  expect(own.body).toMatchObject({
    terms: { ...presets.unlimited.terms, radio_stations: 5, files: ['master', 'stems'] },
    contract: 'For {{ licensee_name }}.',
  })
  expect((await request(getLicenseTemplate, seller, at(own.body.id))).body).toEqual(own.body)
})

test('its limits change one by one, for whoever has seen it last', async () => {
  const seller = await seedSeller(sql)
  const { body, headers } = await create(seller)

  const changed = await request(updateLicenseTemplate, seller, {
    ...at(body.id),
    body: { terms: { audio_streams: null }, name: 'Other' },
    headers: { 'if-match': headers.etag! },
  })
  const stale = await request(updateLicenseTemplate, seller, {
    ...at(body.id),
    body: { name: 'Third' },
    headers: { 'if-match': headers.etag! },
  })

  expect(changed).toMatchObject({ status: 200, headers: { etag: '"2"' } })
  expect(changed.body).toMatchObject({
    name: 'Other',
    terms: { ...presets.basic_lease.terms, audio_streams: null },
    contract: body.contract,
  })
  expect(stale.status).toBe(412)
})

test('a tier keeps what it was made from, whatever becomes of that', async () => {
  const seller = await seedSeller(sql)
  const { body: template } = await create(seller, {
    name: 'Mine',
    terms: { audio_streams: 7 },
    contract: 'As it was.',
  })
  const tier = {
    name: 'Lease',
    price_amount: 500,
    currency: 'eur',
    template_id: template.id,
    license: { music_videos: 9 },
  }
  const made = await request(createProduct, seller, {
    body: { kind: 'service', title: 'Mixing', tiers: [tier] },
  })

  await request(updateLicenseTemplate, seller, { ...at(template.id), body: { contract: 'As it is.' } })
  expect((await request(deleteLicenseTemplate, seller, at(template.id))).status).toBe(204)
  expect((await request(getLicenseTemplate, seller, at(template.id))).status).toBe(404)

  const { body } = await request(getProduct, undefined, { params: { product_id: made.body.id } })
  expect(body.tiers[0]).toMatchObject({
    license: { ...presets.basic_lease.terms, audio_streams: 7, music_videos: 9 },
    contract: 'As it was.',
  })
})

test('a list goes on where it ended, with nothing of anybody else', async () => {
  const seller = await seedSeller(sql)
  const names = ['One', 'Two', 'Three']
  for (const name of names) await create(seller, { name })
  await create(await seedSeller(sql))

  const first = await request(listLicenseTemplates, seller, { query: { limit: 2 } })
  const second = await request(listLicenseTemplates, seller, {
    query: { limit: 2, cursor: first.body.next_cursor! },
  })

  expect([...first.body.data, ...second.body.data].map(({ name }) => name)).toEqual(names.toReversed())
  expect(second.body).toMatchObject({ has_more: false, next_cursor: null })
})

test("somebody else's is not there, neither to read nor to make a tier from", async () => {
  const [seller, other] = [await seedSeller(sql), await seedSeller(sql)]
  const { body } = await create(other)
  const tier = { name: 'Lease', price_amount: 500, currency: 'eur', template_id: body.id }

  expect((await request(getLicenseTemplate, seller, at(body.id))).status).toBe(404)
  expect((await request(updateLicenseTemplate, seller, { ...at(body.id), body: {} })).status).toBe(404)
  expect((await request(deleteLicenseTemplate, seller, at(body.id))).status).toBe(404)
  expect(
    await request(createProduct, seller, { body: { kind: 'service', title: 'Mixing', tiers: [tier] } }),
  ).toMatchObject({
    status: 422,
    problem: { errors: [{ pointer: '#/body/tiers/0/template_id', code: 'template_not_found' }] },
  })
})

test.each([
  { name: 'no name', body: { name: '' }, pointer: '#/body/name' },
  { name: 'an unknown preset', body: { name: 'A', preset: 'best' }, pointer: '#/body/preset' },
  {
    name: 'part of a stream',
    body: { name: 'A', terms: { audio_streams: 0.5 } },
    pointer: '#/body/terms/audio_streams',
  },
  { name: 'no years', body: { name: 'A', terms: { term_years: 0 } }, pointer: '#/body/terms/term_years' },
  {
    name: 'more than the whole',
    body: { name: 'A', terms: { publishing_split_bps: 10_001 } },
    pointer: '#/body/terms/publishing_split_bps',
  },
  { name: 'an empty contract', body: { name: 'A', contract: ' ' }, pointer: '#/body/contract' },
  {
    name: 'a contract of 20001 characters',
    body: { name: 'A', contract: 'x'.repeat(20_001) },
    pointer: '#/body/contract',
  },
  { name: 'an unknown variable', body: { name: 'A', contract: '{{buyer}}' }, pointer: '#/body/contract' },
])('refuses $name', async ({ body, pointer }) => {
  const { status, problem } = await create(await seedSeller(sql), body)

  expect({ status, pointers: problem.errors?.map((error) => error.pointer) }).toEqual({
    status: 422,
    pointers: [pointer],
  })
})

test('names all variables that there are where one is unknown', async () => {
  const { problem } = await create(await seedSeller(sql), { name: 'A', contract: '{{buyer}}' })

  expect(problem.errors).toEqual([
    {
      pointer: '#/body/contract',
      code: 'unknown_variable',
      detail: expect.stringMatching(/\{\{buyer\}\}.*licensee_name/),
    },
  ])
})

test('is for creators alone', async () => {
  expect((await create(await seedPerson(sql))).status).toBe(403)
})
