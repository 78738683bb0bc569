import { Secret, TOTP } from 'otpauth'
import { matchStep, newTotpSecret, totpUri } from '../../../lib/factors/totp.ts'

/** The secret and the times of RFC 6238, appendix B, with the last six digits of its codes. */
const secret = Secret.fromLatin1('12345678901234567890').base32

test.each([
  { seconds: 59, code: '287082' },
  { seconds: 1_111_111_109, code: '081804' },
  { seconds: 1_111_111_111, code: '050471' },
  { seconds: 1_234_567_890, code: '005924' },
  { seconds: 2_000_000_000, code: '279037' },
  { seconds: 20_000_000_000, code: '353130' },
])('knows the code of the RFC at $seconds s by its step', ({ seconds, code }) => {
  expect(matchStep(secret, code, new Date(seconds * 1_000))).toBe(Math.floor(seconds / 30))
})

test.each([
  { steps: -2, expected: undefined },
  { steps: -1, expected: 99 },
  { steps: 0, expected: 100 },
  { steps: 1, expected: 101 },
  { steps: 2, expected: undefined },
])('a code of $steps steps away is of step $expected', ({ steps, expected }) => {
  const now = new Date(100 * 30_000 + 12_000)
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })

  expect(matchStep(secret, totp.generate({ timestamp: now.getTime() + steps * 30_000 }), now)).toBe(expected)
})

test.each(['', '28708', '2870822', 'abcdef', '２８７０８２', '287 082', '-87082', '\u0000'])(
  'takes %j for no code',
  (code) => {
    expect(matchStep(secret, code, new Date(59_000))).toBeUndefined()
  },
)

test('secrets are of 160 bits and never the same', () => {
  const secrets = Array.from({ length: 50 }, newTotpSecret)

  expect(new Set(secrets).size).toBe(50)
  for (const text of secrets) expect(Secret.fromBase32(text).bytes).toHaveLength(20)
})

test('an odd name stays inside its label', () => {
  const uri = new URL(totpUri(secret, 'a?b&c=d/é'))

  expect(decodeURIComponent(uri.pathname)).toBe('/Veza:a?b&c=d/é')
  expect(uri.searchParams.get('issuer')).toBe('Veza')
})
