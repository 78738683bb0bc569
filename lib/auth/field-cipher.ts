import { createHash } from 'node:crypto'
import { JWKSNoMatchingKey } from 'jose/errors'
import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import { findKey, type LoadKeys } from './key-ring.ts'

export type FieldCipher = ReturnType<typeof createFieldCipher>

/** Seals single values before they are stored: a compact JWE under A256GCM whose header names the key. */
export function createFieldCipher({ loadKeys }: { loadKeys: LoadKeys }) {
  return {
    async seal(text: string): Promise<string> {
      const { kid, keys } = await loadKeys()
      return new CompactEncrypt(Buffer.from(text))
        .setProtectedHeader(headerOf(kid))
        .encrypt(toAesKey(keys.get(kid)!))
    },

    async open(sealed: string): Promise<string> {
      const { plaintext } = await compactDecrypt(
        sealed,
        async ({ kid }) => {
          const key = await findKey(loadKeys, kid)
          if (!key) throw new JWKSNoMatchingKey()
          return toAesKey(key)
        },
        { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
      )
      return Buffer.from(plaintext).toString()
    },
  }
}

const headerOf = (kid: string) => ({ alg: 'dir', enc: 'A256GCM', kid })

/** How everything begins that this key has sealed. */
export const sealPrefixOf = (kid: string): string =>
  `${Buffer.from(JSON.stringify(headerOf(kid))).toString('base64url')}.`

const toAesKey = (key: Uint8Array): Uint8Array => createHash('sha256').update(key).digest()

/** Which key has sealed this. */
export function kidOf(sealed: string): string {
  const header = JSON.parse(Buffer.from(sealed.split('.', 1)[0]!, 'base64url').toString()) as { kid: string }
  return header.kid
}
