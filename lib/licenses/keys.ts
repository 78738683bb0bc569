import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { KeyRing } from '../auth/key-ring.ts'
import type { PublicJwk } from './certificate-schemas.ts'

export interface SigningKey {
  readonly kid: string
  readonly private_key: KeyObject
  readonly public_jwk: PublicJwk
}

/** The Ed25519 key that the secret of this name stands for: the same for the same secret and name. */
export function deriveSigningKey({ keys }: Pick<KeyRing, 'keys'>, kid: string): SigningKey {
  const secret = keys.get(kid)
  if (!secret) throw new Error(`There is no key ${kid}`)
  const seed = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `veza license key ${kid}`, seedBytes))
  const der = Buffer.concat([pkcs8Prefix, seed])
  const private_key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(private_key).export({ format: 'jwk' })
  return {
    kid,
    private_key,
    public_jwk: { kty: 'OKP', crv: 'Ed25519', x: x!, kid, use: 'sig', alg: 'EdDSA' },
  }
}

const seedBytes = 32
/** What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410, 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
