import { expectStatus } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { loadDocumentedVerifier } from '../support/documented-verifier.ts'
import { readPdf } from '../support/pdf-text.ts'
import { newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'
import { addLicense, addTrack } from '../support/world.ts'

const client = await newClient()
const { platform } = client
const sql = connect(settingsOf(platform.database_url))
afterAll(() => sql.end())

const market = '/api/v1/marketplace'
const keySet = '/.well-known/veza-license-keys.json'

/** Somebody with a licence and its invoice. */
async function setUp() {
  const { token, user } = await client.join()
  const sold = await addLicense(sql, user.id, await addTrack(sql, user.id))
  const fetchPdf = async (path: string) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/pdf' }
    const response = await fetch(`${platform.api_url}${market}${path}`, { headers })
    return { response, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  return { token, fetchPdf, ...sold }
}

test('a certificate is verified with what the platform publishes and a few lines of one’s own', async () => {
  const { token, license_id, serial } = await setUp()
  const path = `${market}/licenses/${license_id}/certificate`
  const { jws, document } = expectStatus(200, await client.request('GET', path, { token }))

  const keys = await client.request('GET', keySet)

  expect(keys.headers.get('cache-control')).toBe('public, max-age=300')
  const verifyCertificate = await loadDocumentedVerifier()
  expect(verifyCertificate(jws, expectStatus(200, keys))).toEqual(document)
  expect(document.serial).toBe(serial)
})

test('the key that signs next is published before anything is signed with it', async () => {
  const { keys } = expectStatus(200, await client.request('GET', keySet))
  const known = await sql<{ kid: string }[]>`select kid from license_keys`

  expect(keys.length).toBeGreaterThan(0)
  expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual(
    expect.arrayContaining(known.map(({ kid }) => kid)),
  )
})

test('whoever is shown a serial sees whether it holds, without an account', async () => {
  const { serial } = await setUp()

  const seen = await client.request('GET', `${market}/licenses/${serial.toLowerCase()}/verify`)

  expect(expectStatus(200, seen)).toEqual({
    valid: true,
    status: 'active',
    product: 'Low Tide',
    tier: 'Basic',
    issued_at: expect.any(String),
  })
  expect((await client.request('GET', `${market}/licenses/VZ-0000-0000-0000-0000/verify`)).status).toBe(404)
})

test('a licence and an invoice are drawn by the bundle with its own fonts', async () => {
  const { fetchPdf, license_id, invoice_id, serial } = await setUp()

  const certificate = await fetchPdf(`/licenses/${license_id}/certificate`)
  const invoice = await fetchPdf(`/invoices/${invoice_id}`)

  for (const { response } of [certificate, invoice]) {
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  }
  expect(readPdf(certificate.bytes).text).toContain(serial)
  expect(readPdf(invoice.bytes).text).toContain('Invoice 1')
})
