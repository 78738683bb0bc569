import type { FieldCipher } from '../auth/field-cipher.ts'
import type { LoadKeys } from '../auth/key-ring.ts'
import type { Db } from '../db/client.ts'
import { logger } from '../logger.ts'
import { listSealedOtherwise, replaceSealed } from './reseal-repository.ts'

const batchSize = 100

/**
 * Seals anew what an older key has sealed, so that the key can go after its rotation. Run as often as you
 * like, by as many as you like: a secret that changed meanwhile is left alone. Says how many it sealed.
 */
export async function resealSecrets(
  db: Db,
  cipher: FieldCipher,
  currentKid: string,
  signal?: AbortSignal,
): Promise<number> {
  let resealed = 0
  let after: string | null = null
  while (!signal?.aborted) {
    const rows = await listSealedOtherwise(db, currentKid, after, batchSize)
    for (const { user_id, sealed_secret } of rows) {
      try {
        const next = await cipher.seal(await cipher.open(sealed_secret))
        if (await replaceSealed(db, user_id, sealed_secret, next, currentKid)) resealed += 1
      } catch (error) {
        logger.error('A secret cannot be sealed anew', { user_id, error: error as Error })
      }
    }
    after = rows.at(-1)?.user_id ?? null
    if (rows.length < batchSize) break
  }
  return resealed
}

/** For the scheduler: by the key that is current now. */
export const createReseal = (db: Db, cipher: FieldCipher, loadKeys: LoadKeys) => async (): Promise<number> =>
  resealSecrets(db, cipher, (await loadKeys()).kid)
