import type { Db } from '../db/client.ts'
import { logger } from '../logger.ts'
import { type FieldCipher, sealPrefixOf } from './field-cipher.ts'
import type { LoadKeys } from './key-ring.ts'

/** A value that lies sealed, and the id of its row. */
export interface SealedRow {
  readonly id: string
  readonly sealed: string
}

/** Which key seals now, and how everything begins that it has sealed. */
export interface PresentKey {
  readonly kid: string
  readonly prefix: string
}

/** Where values of one kind lie. */
export interface SealedField {
  readonly name: string
  /** Those that another key has sealed, in the order of their ids, from the one after `after`. */
  readonly list: (db: Db, key: PresentKey, after: string | null, limit: number) => Promise<SealedRow[]>
  /** False where the value is not the one that was read any more. */
  readonly replace: (db: Db, before: SealedRow, after: string, key: PresentKey) => Promise<boolean>
}

export interface ResealDependencies {
  readonly db: Db
  readonly cipher: FieldCipher
  readonly loadKeys: LoadKeys
}

const batchSize = 100

/**
 * Seals anew what an older key has sealed, so that the key can go after its rotation, and says how much it was.
 * Run as often as you like, by as many as you like: a value that changed meanwhile is left alone.
 */
export function createReseal({ db, cipher, loadKeys }: ResealDependencies, field: SealedField) {
  const reseal = async (row: SealedRow, key: PresentKey): Promise<boolean> => {
    try {
      return await field.replace(db, row, await cipher.seal(await cipher.open(row.sealed)), key)
    } catch (error) {
      logger.error('A value cannot be sealed anew', { field: field.name, id: row.id, error: error as Error })
      return false
    }
  }

  return async (): Promise<number> => {
    const { kid } = await loadKeys()
    const key = { kid, prefix: sealPrefixOf(kid) }
    let resealed = 0
    for (let after: string | null = null; ; ) {
      const rows: SealedRow[] = await field.list(db, key, after, batchSize)
      for (const row of rows) if (await reseal(row, key)) resealed += 1
      if (rows.length < batchSize) return resealed
      after = rows.at(-1)!.id
    }
  }
}
