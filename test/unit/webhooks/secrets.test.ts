import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { secret } from '../../../lib/webhooks/endpoints/secret.ts'
import { makeSecret } from '../../../lib/webhooks/endpoints/secrets.ts'

const spell = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`

test('makes secrets of 32 bytes that Standard Webhooks takes, none twice', () => {
  const made = Array.from({ length: 100 }, makeSecret)
  expect(new Set(made).size).toBe(100)
  for (const one of made) {
    expect(Buffer.from(one.slice('whsec_'.length), 'base64')).toHaveLength(32)
    expect(secret.parse(one)).toBe(one)
    expect(new Webhook(one).sign('msg', new Date(), '{}')).toMatch(/^v1,/)
  }
})

test('takes 24 to 64 bytes of the client’s own, however they fall', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 80 }), (bytes) => {
      expect(secret.safeParse(spell(bytes)).success).toBe(bytes.length >= 24 && bytes.length <= 64)
    }),
  )
})

const bytes = Buffer.alloc(32, 0xfb)
test.each([
  ['no prefix', bytes.toString('base64')],
  ['another prefix', `whpk_${bytes.toString('base64')}`],
  ['the alphabet of URLs', `whsec_${bytes.toString('base64url')}`],
  ['no padding', spell(bytes).replace(/=+$/, '')],
  ['a blank', `whsec_ ${bytes.toString('base64')}`],
  ['bits beyond the end', `${spell(Buffer.alloc(32)).slice(0, -2)}B=`],
  ['nothing', ''],
])('takes none with %s', (_, given) => {
  expect(secret.safeParse(given).success).toBe(false)
})
