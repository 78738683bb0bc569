import type { LoadKeys } from '../auth/key-ring.ts'
import type { Db, Sql } from '../db/client.ts'
import type { PublicJwk } from './certificate-schemas.ts'
import { deriveSigningKey, type SigningKey } from './keys.ts'
import { findPublishedKey, insertPublishedKey, listPublishedKeys } from './keys-repository.ts'

/** Publishes a key in the transaction that signs with it: no certificate is there before its key is. */
export async function publishKey(tx: Db, key: SigningKey, now: Date): Promise<void> {
  if (!(await findPublishedKey(tx, key.kid))) await insertPublishedKey(tx, key, now)
  const published = await findPublishedKey(tx, key.kid)
  // Else what was signed with the first one under this name could never be verified again.
  if (published?.x !== key.public_jwk.x)
    throw new Error(`The name ${key.kid} was given to another key before`)
}

export interface KeySetDependencies {
  readonly sql: Sql
  readonly licenseKeys: LoadKeys
}

/**
 * Every key that ever signed a certificate, and the one that will sign the next: so that whoever keeps the set for a
 * while knows it in time.
 */
export function createKeySet({ sql, licenseKeys }: KeySetDependencies) {
  return async (): Promise<{ keys: PublicJwk[] }> => {
    const [published, ring] = await Promise.all([listPublishedKeys(sql), licenseKeys()])
    const keys = new Map([...ring.keys.keys()].map((kid) => [kid, deriveSigningKey(ring, kid).public_jwk]))
    for (const { kid, public_jwk } of published) keys.set(kid, public_jwk)
    return { keys: [...keys.values()] }
  }
}

export type KeySet = ReturnType<typeof createKeySet>
