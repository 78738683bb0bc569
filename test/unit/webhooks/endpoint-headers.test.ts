import { createFieldCipher, sealPrefixOf } from '../../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { headers, openHeaders, sealHeaders } from '../../../lib/webhooks/endpoints/headers.ts'

const ring = parseKeyRing(JSON.stringify({ kid: 'now', key: 'k'.repeat(64) }))
const cipher = createFieldCipher({ loadKeys: async () => ring })
const many = (count: number, value = 'v') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, value]))

test('takes names without case and values without the blanks around them', () => {
  expect(headers.parse({ Authorization: ' Bearer abc ', 'X-Tenant': '7' })).toEqual({
    authorization: 'Bearer abc',
    'x-tenant': '7',
  })
})

test.each([
  ['ten', many(10), true],
  ['eleven', many(11), false],
  ['as many bytes as there may be', { 'x-a': 'v'.repeat(4_093) }, true],
  ['one byte more', { 'x-a': 'v'.repeat(4_094) }, false],
  ['one name in two spellings', { 'X-A': '1', 'x-a': '2' }, false],
  ['a line break', { 'x-a': 'a\r\nhost: b' }, false],
  ['a control character', { 'x-a': 'a\u0000b' }, false],
  ['letters beyond ASCII', { 'x-a': 'grün' }, false],
  ['nothing', { 'x-a': '' }, false],
  ['a name with a blank', { 'x a': 'v' }, false],
  ['a name with a colon', { ':path': '/' }, false],
  ['no name', { '': 'v' }, false],
  ...[
    'Host',
    'Content-Type',
    'content-length',
    'Cookie',
    'Forwarded',
    'Transfer-Encoding',
    'Connection',
    'Webhook-Id',
    'webhook-signature',
    'X-Amz-Date',
    'X-Forwarded-For',
    'Proxy-Authorization',
    'User-Agent',
  ].map((name): [string, object, boolean] => [name, { [name]: 'v' }, false]),
])('%s: %#', (_, given, isTaken) => {
  expect(headers.safeParse(given).success).toBe(isTaken)
})

test('shows the names alone, and opens to what was sealed', async () => {
  const given = { 'x-tenant': '7', authorization: 'Bearer abc' }
  const { header_names, sealed_headers } = await sealHeaders(cipher, given)
  expect(header_names).toEqual(['authorization', 'x-tenant'])
  expect(sealed_headers).not.toContain('abc')
  expect(sealed_headers).toMatch(new RegExp(`^${sealPrefixOf('now').replaceAll('.', String.raw`\.`)}`))
  expect(await openHeaders(cipher, sealed_headers)).toEqual(given)
})

test('of none there is nothing to seal', async () => {
  const none = await sealHeaders(cipher, {})
  expect(none).toEqual({ header_names: [], sealed_headers: null })
  expect(await openHeaders(cipher, none.sealed_headers)).toEqual({})
})
