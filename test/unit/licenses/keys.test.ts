import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { deriveSigningKey } from '../../../lib/licenses/keys.ts'

const ringOf = (kid: string, key = 'k'.repeat(32)) => parseKeyRing(JSON.stringify({ kid, key }))

test('the same secret under the same name is the same key for ever', () => {
  const { private_key, public_jwk } = deriveSigningKey(ringOf('license-1'), 'license-1')

  expect(public_jwk).toEqual({
    kty: 'OKP',
    crv: 'Ed25519',
    x: 'nrZmYH4bt6fbSta7tpTWMEfcg9-5tPXyozx4VwkaxSo',
    kid: 'license-1',
    use: 'sig',
    alg: 'EdDSA',
  })
  expect(private_key.asymmetricKeyType).toBe('ed25519')
})

test('another name or another secret is another key', () => {
  const keys = [
    deriveSigningKey(ringOf('license-1'), 'license-1'),
    deriveSigningKey(ringOf('license-2'), 'license-2'),
    deriveSigningKey(ringOf('license-1', 'l'.repeat(32)), 'license-1'),
  ]

  expect(new Set(keys.map(({ public_jwk }) => public_jwk.x)).size).toBe(3)
})

test('a name that the secret does not have is an error', () => {
  expect(() => deriveSigningKey(ringOf('license-1'), 'license-2')).toThrow('There is no key license-2')
})
