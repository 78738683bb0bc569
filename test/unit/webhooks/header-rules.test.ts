import { isOwnHeaderName, isOwnHeaderValue } from '../../../lib/webhooks/header-rules.ts'

test.each(['authorization', 'X-Api-Key', 'x-tenant_id'])('takes the header %s', (name) => {
  expect(isOwnHeaderName(name)).toBe(true)
})

test.each([
  'Host',
  'content-type',
  'Content-Length',
  'webhook-id',
  'Webhook-Signature',
  'webhook-anything',
  'transfer-encoding',
  'connection',
  'cookie',
  'user-agent',
  'Proxy-Authorization',
  'x-forwarded-for',
  '',
  'two words',
  'ends\r\nhere',
  'wert:',
  'größe',
  'a'.repeat(129),
])('refuses the header %p', (name) => expect(isOwnHeaderName(name)).toBe(false))

test.each(['Bearer abc.def', 'a', '1  2'])('takes the value %p', (value) =>
  expect(isOwnHeaderValue(value)).toBe(true),
)

test.each(['', ' a', 'a ', 'a\r\nhost: b', 'a\u0000', 'ä', '\u007f'])('refuses the value %p', (value) => {
  expect(isOwnHeaderValue(value)).toBe(false)
})
