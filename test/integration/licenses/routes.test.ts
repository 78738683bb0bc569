import { randomUUID } from 'node:crypto'
import { licenseRoutes as routes } from '../../../functions/marketplace/license-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createRateLimiter } from '../../../lib/http/rate-limit.ts'
import { changeLicenses, type LicenseChange } from '../../../lib/licenses/status.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useDatabase } from '../../support/database.ts'
import { loadDocumentedVerifier } from '../../support/documented-verifier.ts'
import { createMarketApi } from '../../support/market.ts'
import { createMemoryCache } from '../../support/memory-cache.ts'
import { createLicenseKeys } from '../../support/paid-orders.ts'
import { readPdf } from '../../support/pdf-text.ts'
import { type SaleOptions, sell } from '../../support/sales.ts'
import { seedPerson } from '../../support/social.ts'

const { sql } = useDatabase()
const verifyCertificate = await loadDocumentedVerifier()
const licenseKeys = createLicenseKeys()
const call = createMarketApi(sql, { licenseKeys: licenseKeys.load })
const now = new Date('2026-12-01T12:00:00.000Z')

async function setUp(options: Partial<SaleOptions> = {}) {
  const [seller, buyer] = [
    options.seller ?? (await seedPerson(sql)),
    options.buyer ?? (await seedPerson(sql)),
  ]
  const sold = await sell(sql, { licenseKeys: licenseKeys.load, now, ...options, seller, buyer })
  const change = (to: LicenseChange) => sql.begin((tx) => changeLicenses(tx, sold.order_id, to, now))
  return { seller, buyer, ...sold, change }
}

const get = (actor: Actor | undefined, license_id: string, headers = {}) =>
  call(routes.getLicense, actor, { params: { license_id }, headers })
const certify = (actor: Actor | undefined, license_id: string, headers = {}) =>
  call(routes.getCertificate, actor, { params: { license_id }, headers })
const verify = (serial: string, ip = '192.0.2.77') =>
  call(routes.verifyLicense, undefined, { params: { serial }, ip })
const pdf = { accept: 'application/pdf' }

describe('a licence', () => {
  test('is shown to whoever has bought it, with the names of the day', async () => {
    const { seller, buyer, license_id, serial, order_id, item_id } = await setUp()
    await sql`update users set display_name = 'Somebody else' where id = ${seller.id}`

    const { status, body, headers } = await get(buyer, license_id)

    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: license_id,
      serial,
      status: 'active',
      status_reason: null,
      order_id,
      order_item_id: item_id,
      seller: { id: seller.id, display_name: `${seller.username} of Veza` },
      product: { kind: 'track_license', title: 'Low Tide' },
      tier: { name: 'Basic', is_exclusive: false },
      terms: { audio_streams: 100_000, files: ['master', 'mp3'] },
      track: { title: 'Low Tide', version_number: 1, sha256: expect.stringMatching(/^[\da-f]{64}$/) },
      downloads_allowed: 10,
      downloads_used: 0,
      issued_at: now.toISOString(),
    })
    expect((await get(buyer, license_id, { 'if-none-match': headers.etag })).status).toBe(304)
  })

  test('is nothing to its seller, to others, and to nobody', async () => {
    const { seller, license_id } = await setUp()
    const [stranger, admin] = [await seedPerson(sql), await seedPerson(sql, undefined, { role: 'admin' })]

    for (const other of [seller, stranger, admin]) {
      expect(await get(other, license_id)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
      expect(await certify(other, license_id)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
      expect(await certify(other, license_id, pdf)).toMatchObject({
        status: 404,
        problem: { code: 'not_found' },
      })
    }
    expect((await get(undefined, license_id)).status).toBe(401)
    expect((await certify(undefined, license_id)).status).toBe(401)
  })

  test.each([randomUUID(), 'none', '../x'])('%s is none', async (id) => {
    expect(await get(await seedPerson(sql), id)).toMatchObject({ status: 404 })
  })

  test('those of a buyer are listed newest first, page by page, and no others', async () => {
    const buyer = await seedPerson(sql)
    const ids: string[] = []
    for (let at = 0; at < 3; at++) ids.unshift((await setUp({ buyer })).license_id)
    await setUp()

    const first = await call(routes.listLicenses, buyer, { query: { limit: 2 } })
    const cursor = first.body.next_cursor!
    const second = await call(routes.listLicenses, buyer, { query: { limit: 2, cursor } })

    expect([first, second].flatMap(({ body }) => body.data.map(({ id }) => id))).toEqual(ids)
    expect(second.body).toMatchObject({ has_more: false, next_cursor: null })
    const stranger = await seedPerson(sql)
    expect((await call(routes.listLicenses, stranger)).body.data).toEqual([])
    expect((await call(routes.listLicenses, stranger, { query: { cursor } })).status).toBe(400)
    expect((await call(routes.listLicenses, undefined)).status).toBe(401)
  })

  test('stays with a buyer whose seller’s account is gone, and is there after the buyer’s own', async () => {
    const { seller, buyer, license_id, serial } = await setUp()
    const before = (await certify(buyer, license_id)).body

    for (const { id } of [seller, buyer]) {
      await sql`update users set deletes_at = now() - interval '1 minute' where id = ${id}`
      expect(await buryDueAccount(sql, new Date())).toBe(1)
    }

    expect((await certify(buyer, license_id)).body).toEqual(before)
    expect((await verify(serial)).body).toMatchObject({ valid: true })
  })
})

describe('a certificate', () => {
  test('is verified by the lines of docs/licences.md and the published keys, nothing else', async () => {
    const { buyer, license_id, serial } = await setUp({ title: '潮 🌊', tier_name: 'عقد' })

    const { body, headers } = await certify(buyer, license_id)

    const keys = (await call(routes.getLicenseKeys, undefined)).body
    expect(verifyCertificate(body.jws, keys)).toEqual(body.document)
    expect(body.document).toMatchObject({ serial, product: { title: '潮 🌊' }, tier: { name: 'عقد' } })
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      vary: 'Origin, Authorization, Accept',
    })
  })

  test('of an old key is verified after every rotation', async () => {
    const old = await setUp()
    licenseKeys.rotate('license-2')
    const early = (await call(routes.getLicenseKeys, undefined)).body
    expect(early.keys.map(({ kid }) => kid).toSorted()).toEqual(['license-1', 'license-2'])
    const young = await setUp()
    licenseKeys.rotate('license-3')

    const { body: keys } = await call(routes.getLicenseKeys, undefined)

    expect(keys.keys.map(({ kid }) => kid).toSorted()).toEqual(['license-1', 'license-2', 'license-3'])
    for (const { buyer, license_id, serial } of [old, young]) {
      const { jws } = (await certify(buyer, license_id)).body
      expect(verifyCertificate(jws, keys)).toMatchObject({ serial })
      // Whoever fetched the set before the second key had signed anything knows it too.
      expect(verifyCertificate(jws, early)).toMatchObject({ serial })
    }
    licenseKeys.rotate('license-1b')
  })

  test('is a PDF for whoever accepts that rather, the same one each time', async () => {
    const { buyer, seller, license_id, serial } = await setUp()

    const answer = await certify(buyer, license_id, pdf)

    expect(answer).toMatchObject({ status: 200, type: 'application/pdf' })
    expect(answer.headers).toMatchObject({
      'content-disposition': `attachment; filename="licence-${serial}.pdf"`,
      vary: 'Origin, Authorization, Accept',
    })
    const { text } = readPdf(answer.bytes)
    for (const said of [serial, seller.username, buyer.username, 'Audio streams100,000']) {
      expect(text).toContain(said)
    }
    expect((await certify(buyer, license_id, pdf)).bytes.equals(answer.bytes)).toBe(true)
    const json = await certify(buyer, license_id)
    expect(json.headers.etag).not.toBe(answer.headers.etag)
    const seen = await certify(buyer, license_id, { ...pdf, 'if-none-match': answer.headers.etag })
    expect(seen).toMatchObject({ status: 304, text: '' })
  })

  test('says on paper that it was revoked, while what was signed stays as it was', async () => {
    const { buyer, license_id, change } = await setUp()
    const [before, drawn] = [await certify(buyer, license_id), await certify(buyer, license_id, pdf)]

    await change({ to: 'revoked', reason: 'refund' })

    expect((await certify(buyer, license_id)).body).toEqual(before.body)
    const { bytes, headers } = await certify(buyer, license_id, pdf)
    expect(readPdf(bytes).text).toContain('This licence is revoked since 1 December 2026.')
    expect(headers.etag).not.toBe(drawn.headers.etag)
  })
})

describe('whoever has a serial', () => {
  test('sees whether it holds, and no names', async () => {
    const { serial, change, license_id } = await setUp()
    const about = { product: 'Low Tide', tier: 'Basic', issued_at: now.toISOString() }

    expect((await verify(serial)).body).toEqual({ valid: true, status: 'active', ...about })
    await change({ to: 'frozen', reason: 'dispute' })
    expect((await verify(serial)).body).toEqual({ valid: false, status: 'frozen', ...about })
    await change({ to: 'active', reason: 'dispute_won' })
    expect((await verify(serial)).body).toEqual({ valid: true, status: 'active', ...about })
    await change({ to: 'revoked', reason: 'refund' })
    expect((await verify(serial)).body).toEqual({ valid: false, status: 'revoked', ...about })

    const looks = await sql`select host(ip) as ip from license_verifications where license_id = ${license_id}`
    expect(looks.map(({ ip }) => ip)).toEqual(Array.from({ length: 4 }, () => '192.0.2.77'))
  })

  test('may have typed it as they like', async () => {
    const { serial } = await setUp()

    expect((await verify(serial.toLowerCase().replaceAll('-', ' '))).status).toBe(200)
  })

  test('is answered alike for one that was never given and for what is none, and neither is written down', async () => {
    const [{ count } = { count: 0 }] = await sql`select count(*) from license_verifications`

    const answers = []
    for (const serial of [
      'VZ-0000-0000-0000-0000',
      'none',
      "' or 1=1 --",
      'x'.repeat(100),
      'x'.repeat(101),
      '\u0000',
    ]) {
      const { status, problem } = await verify(serial)
      answers.push({ status, code: problem.code, detail: problem.detail })
    }

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 404, code: 'not_found' })
    expect((await sql`select count(*) from license_verifications`)[0]).toEqual({ count })
  })

  test('asks 20 times a minute at most, and not at all while nobody counts', async () => {
    const cache = createMemoryCache(() => now)
    const take = createRateLimiter({ cache, now: () => now })
    const look = (ip: string) => take(routes.verifyLicense.policy.limit, { actor: undefined, ip })

    for (let at = 0; at < 20; at++) await look('192.0.2.77')
    await expect(look('192.0.2.77')).rejects.toMatchObject({ code: 'rate_limited' })
    await look('192.0.2.78')
    cache.fails = true
    await expect(look('192.0.2.79')).rejects.toMatchObject({ code: 'unavailable' })
  })
})

test('the key set may be kept for a while by everybody', async () => {
  const { status, headers, body } = await call(routes.getLicenseKeys, undefined)

  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('public, max-age=300')
  for (const key of body.keys) {
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  }
  const seen = await call(routes.getLicenseKeys, undefined, { headers: { 'if-none-match': headers.etag! } })
  expect(seen.status).toBe(304)
})
