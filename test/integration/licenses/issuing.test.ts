import { createHash, createPublicKey, verify } from 'node:crypto'
import type { Sql } from '../../../lib/db/client.ts'
import { canonicalJson } from '../../../lib/licenses/canonical-json.ts'
import { createIssuer } from '../../../lib/licenses/issuing.ts'
import { createSerial } from '../../../lib/licenses/serial.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { apiUrl, basicTerms, createLicenseKeys, seedItem, seedPaidOrder } from '../../support/paid-orders.ts'
import { addMaster, seedPerson } from '../../support/social.ts'

const { sql, settings } = useDatabase()
const connections = useConnections({ settings })
const licenseKeys = createLicenseKeys()
const now = new Date('2026-12-01T12:00:00.000Z')

async function issue(
  orderId: string,
  { db = sql as Sql, newSerial = createSerial, keys = licenseKeys } = {},
) {
  const issueLicenses = await createIssuer({ licenseKeys: keys.load, apiUrl, newSerial }).prepare()
  return db.begin((tx) => issueLicenses(tx, orderId, now))
}

async function setUp(options: Partial<Parameters<typeof seedItem>[1]> = {}) {
  const [seller, buyer] = [await seedPerson(sql), await seedPerson(sql)]
  const item = await seedItem(sql, { seller, ...options })
  return { seller, buyer, item, order: await seedPaidOrder(sql, buyer, [item]) }
}

const find = async (id: string) => (await sql`select * from licenses where id = ${id}`)[0]!
const eventsOf = (id: string) =>
  sql`select type from outbox where payload ->> 'license_id' = ${id} order by id`.then((rows) =>
    rows.map(({ type }) => type),
  )

test('a licence says what was sold, to whom, by whom, and with which file', async () => {
  const { seller, buyer, item, order } = await setUp({ price_amount: 3_000, discount_amount: 500 })
  await sql`
    insert into sellers (user_id, legal_name, legal_address, created_at, updated_at)
    values (${seller.id}, 'Ada Lovelace Ltd', '12 Tide Road, Brighton', now(), now())
  `
  const [version] = await sql`select id, sha256 from track_versions where track_id = ${item.track_id}`

  const [{ license_id } = { license_id: '' }] = await issue(order.id)

  const row = await find(license_id)
  expect(row).toMatchObject({
    order_item_id: order.item_ids[0],
    buyer_id: buyer.id,
    seller_id: seller.id,
    status: 'active',
    status_reason: null,
    terms: basicTerms,
    track_id: item.track_id,
    version_id: version!.id,
    sha256: version!.sha256,
    downloads_allowed: 10,
    downloads_used: 0,
    downloads_until: new Date('2027-12-01T12:00:00.000Z'),
    issued_at: now,
  })
  const url = `${apiUrl}/api/v1/marketplace/licenses/${row.serial}/verify`
  const track = { id: item.track_id, title: 'Low Tide', version_id: version!.id, version_number: 1 }
  const { id: track_id, ...of } = track
  const file = { track_id, ...of, artist: `${seller.username} of Veza`, master_sha256: version!.sha256 }
  expect(row.document).toEqual({
    schema: { id: 'veza-license-certificate', version: 1 },
    serial: row.serial,
    issuer: { name: 'Veza', url: apiUrl },
    issued_at: '2026-12-01T12:00:00.000Z',
    licensor: {
      id: seller.id,
      username: seller.username,
      display_name: `${seller.username} of Veza`,
      legal_name: 'Ada Lovelace Ltd',
    },
    licensee: { id: buyer.id, username: buyer.username, display_name: `${buyer.username} of Veza` },
    product: { id: item.product_id, kind: 'track_license', title: 'Low Tide' },
    tier: { id: item.tier_id, name: 'Basic', is_exclusive: false },
    track: { ...track, sha256: version!.sha256 },
    files: [
      { ...file, format: 'master', sha256: version!.sha256 },
      { ...file, format: 'mp3', sha256: null },
    ],
    terms: basicTerms,
    contract: { sha256: createHash('sha256').update('A contract').digest('hex'), text: 'A contract' },
    price: { amount: 2_500, currency: 'usd', decimal: '25.00' },
    order: { id: order.id, number: expect.any(Number), item_id: order.item_ids[0] },
    verification_url: url,
    revocation_url: url,
    key_set_url: `${apiUrl}/.well-known/veza-license-keys.json`,
  })
  expect(await eventsOf(license_id)).toEqual(['license.issued'])
})

test('every variable of the contract is filled in, and what stands in a name is no variable', async () => {
  const contract =
    '{{licensor_name}}, {{licensor_address}}, gives {{licensee_name}} {{track}} under {{ license }} for {{price}}: {{audio_streams}} streams. {{serial}}, {{contract_date}}.\n{{limits}}'
  const { order, buyer } = await setUp({ contract, track_title: 'Tide {{serial}}' })
  await sql`update users set display_name = '{{price}} & Söhne' where id = ${buyer.id}`

  const [{ license_id } = { license_id: '' }] = await issue(order.id)

  const { contract: text, serial, document } = await find(license_id)
  expect(text).toContain(
    '(not stated), gives {{price}} & Söhne Tide {{serial}} under Basic for $29.99: 100,000 streams',
  )
  expect(text).toContain(`${serial}, 1 December 2026.`)
  expect(text).toContain('Audio streams: 100,000\n')
  expect(document.contract).toEqual({ text, sha256: createHash('sha256').update(text).digest('hex') })
})

test.each([
  ['12 Tide Road', { price_amount: 3_000 }],
  ['(not stated)', { price_amount: 3_000, discount_amount: 3_000 }],
])(
  'the address in a contract is %s: the seller’s for who has paid, nobody’s for others',
  async (address, paid) => {
    const { seller, order } = await setUp({ contract: 'From: {{licensor_address}}', ...paid })
    await sql`
    insert into sellers (user_id, legal_address, created_at, updated_at)
    values (${seller.id}, '12 Tide Road', now(), now())
  `

    const [{ license_id } = { license_id: '' }] = await issue(order.id)

    expect((await find(license_id)).contract).toBe(`From: ${address}`)
  },
)

test('the certificate is signed over the document as RFC 8785 writes it, by a key that is published', async () => {
  const { order, buyer } = await setUp({ title: '潮 🌊 "Tide"' })
  await sql`update users set display_name = 'عائشة بنت أحمد' where id = ${buyer.id}`

  const [{ license_id } = { license_id: '' }] = await issue(order.id)

  const { jws, kid, document } = await find(license_id)
  const [header, payload, signature] = jws.split('.')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    alg: 'EdDSA',
    kid: 'license-1',
    typ: 'veza-license+jws',
  })
  expect(Buffer.from(payload, 'base64url').toString()).toBe(canonicalJson(document))
  const [key] = await sql`select public_jwk from license_keys where kid = ${kid}`
  const publicKey = createPublicKey({ key: key!.public_jwk, format: 'jwk' })
  expect(
    verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url')),
  ).toBe(true)
})

test('of 20 who issue at once one licence an item comes, told of once', async () => {
  const [seller, buyer] = [await seedPerson(sql), await seedPerson(sql)]
  const items = await Promise.all(Array.from({ length: 3 }, () => seedItem(sql, { seller })))
  const order = await seedPaidOrder(sql, buyer, items)

  const answers = await Promise.all((await connections(20)).map((db) => issue(order.id, { db })))

  const ids = answers[0]!.map(({ license_id }) => license_id)
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(new Set(ids).size).toBe(3)
  const rows =
    await sql`select order_item_id from licenses where order_item_id = any(${order.item_ids}::uuid[])`
  expect(rows).toHaveLength(3)
  for (const id of ids) expect(await eventsOf(id)).toEqual(['license.issued'])
})

test('a serial that is taken is drawn anew, and the certificate names the one that it got', async () => {
  const first = await setUp()
  const [{ license_id: taken } = { license_id: '' }] = await issue(first.order.id)
  const { serial } = await find(taken)
  const drawn = [serial, serial, 'VZ-0000-0000-0000-0001']
  const second = await setUp({ contract: '{{serial}}' })

  const [{ license_id } = { license_id: '' }] = await issue(second.order.id, {
    newSerial: () => drawn.shift()!,
  })

  const row = await find(license_id)
  expect(row).toMatchObject({ serial: 'VZ-0000-0000-0000-0001', contract: 'VZ-0000-0000-0000-0001' })
  expect(row.document.serial).toBe('VZ-0000-0000-0000-0001')
})

test('where no serial is free nothing is issued', async () => {
  const first = await setUp()
  const [{ license_id: taken } = { license_id: '' }] = await issue(first.order.id)
  const { serial } = await find(taken)
  const { order } = await setUp()

  await expect(issue(order.id, { newSerial: () => serial })).rejects.toThrow('No serial was free')

  expect(await sql`select from licenses where order_item_id = ${order.item_ids[0]!}`).toHaveLength(0)
})

test('the key is there with the first certificate, and with none that was undone', async () => {
  const keys = createLicenseKeys('license-undone')
  const { order } = await setUp()
  const issueLicenses = await createIssuer({ licenseKeys: keys.load, apiUrl }).prepare()

  const undone = sql.begin(async (tx) => {
    await issueLicenses(tx, order.id, now)
    throw new Error('undone')
  })

  await expect(undone).rejects.toThrow('undone')
  expect(await sql`select from license_keys where kid = 'license-undone'`).toHaveLength(0)
})

test('a name is never given to a second key', async () => {
  const { order } = await setUp()
  await issue(order.id, { keys: createLicenseKeys('license-once') })
  const other = await setUp()

  const again = issue(other.order.id, { keys: createLicenseKeys('license-once') })

  await expect(again).rejects.toThrow('The name license-once was given to another key before')
  expect(await sql`select from licenses where order_item_id = ${other.order.item_ids[0]!}`).toHaveLength(0)
})

test('what changes after it was issued changes nothing in a licence', async () => {
  const { order, seller, buyer, item } = await setUp()
  const [{ license_id } = { license_id: '' }] = await issue(order.id)
  const before = await find(license_id)

  await sql`update users set display_name = 'Someone else' where id = any(${[seller.id, buyer.id]}::uuid[])`
  await sql`update tracks set title = 'Renamed' where id = ${item.track_id}`
  await sql`update products set title = 'Renamed' where id = ${item.product_id}`
  await issue(order.id)

  expect(await find(license_id)).toEqual(before)
})

test('of a sample pack every track in it is certified', async () => {
  const { seller, order } = await setUp({ kind: 'sample_pack', track_title: 'Kick' })
  await sql`update track_versions v set container = 'wav' from tracks t where t.id = v.track_id and t.owner_id = ${seller.id}`

  const [{ license_id } = { license_id: '' }] = await issue(order.id)

  const { document, track_id, version_id, sha256 } = await find(license_id)
  expect([track_id, version_id, sha256, document.track]).toEqual([null, null, null, null])
  const file = { title: 'Kick', version_number: 1, master_sha256: expect.stringMatching(/^[\da-f]{64}$/) }
  expect(document.files).toMatchObject([
    { ...file, format: 'master', sha256: file.master_sha256 },
    // It is still to be made; what it is made from is certified.
    { ...file, format: 'mp3', sha256: null },
  ])
  const files =
    await sql`select format, sha256 from license_files where license_id = ${license_id} order by position`
  expect(files).toEqual(
    document.files.map(({ format, sha256 }: Record<string, unknown>) => ({ format, sha256 })),
  )
})

test('a service is licensed without files', async () => {
  const { order } = await setUp({ kind: 'service' })

  const [{ license_id } = { license_id: '' }] = await issue(order.id)

  expect((await find(license_id)).document).toMatchObject({
    track: null,
    files: [],
    product: { kind: 'service' },
  })
})

test('the version that plays when it is issued is the one that is licensed', async () => {
  const { seller, item, order } = await setUp()
  const version_id = await addMaster(sql, seller, item.track_id!, 2)
  await sql`update track_versions set sha256 = ${'b'.repeat(64)} where id = ${version_id}`

  const [{ license_id } = { license_id: '' }] = await issue(order.id)

  const row = await find(license_id)
  expect(row).toMatchObject({ version_id, sha256: 'b'.repeat(64) })
  expect(row.document.track).toMatchObject({ version_id, version_number: 2, sha256: 'b'.repeat(64) })
  expect(row.document.files[0]).toMatchObject({ version_id, sha256: 'b'.repeat(64) })
})
