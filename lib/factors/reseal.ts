import type { FieldCipher } from '../auth/field-cipher.ts'
import type { LoadKeys } from '../auth/key-ring.ts'
import type { Db } from '../db/client.ts'
import { logger } from '../logger.ts'
import { listSealedOtherwise, replaceSealed, type SealedRow } from './reseal-repository.ts'

const batchSize = 100

/**
 * Seals anew what an older key has sealed, so that the key can go after its rotation, and says how much it was.
 * Run as often as you like, by as many as you like: a secret that changed meanwhile is left alone.
 */
export function createReseal(db: Db, cipher: FieldCipher, loadKeys: LoadKeys) {
  const reseal = async ({ user_id, sealed_secret }: SealedRow, kid: string): Promise<boolean> => {
    try {
      const next = await cipher.seal(await cipher.open(sealed_secret))
      return await replaceSealed(db, user_id, sealed_secret, next, kid)
    } catch (error) {
      logger.error('A secret cannot be sealed anew', { user_id, error: error as Error })
      return false
    }
  }

  return async (): Promise<number> => {
    const { kid } = await loadKeys()
    let resealed = 0
    for (let after: string | null = null; ; ) {
      const rows: SealedRow[] = await listSealedOtherwise(db, kid, after, batchSize)
      for (const row of rows) if (await reseal(row, kid)) resealed += 1
      if (rows.length < batchSize) return resealed
      after = rows.at(-1)!.user_id
    }
  }
}
