import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import { deleteAllOf, lockAllOf, lockExpired, markAbandonedFailed, markExpired } from './repository.ts'

export interface ExportExpiryDependencies {
  readonly sql: Sql
  readonly store: Pick<ObjectStore, 'remove'>
}

const batch = 20

/** The events queue gives a message up before. */
const patienceMs = 4 * 60 * 60 * 1000

/** The end of exports. The object goes first: what is marked as gone is gone, and a second removal is none. */
export function createExportExpiry({ sql, store }: ExportExpiryDependencies) {
  return {
    removeExpired: (now: Date): Promise<number> =>
      sql.begin(async (tx) => {
        const expired = await lockExpired(tx, now, batch)
        await Promise.all(expired.map(({ object_key }) => store.remove(object_key)))
        await markExpired(
          tx,
          expired.map(({ id }) => id),
        )
        return expired.length
      }),

    failAbandoned: (now: Date): Promise<number> =>
      markAbandonedFailed(sql, new Date(now.getTime() - patienceMs)),

    /** Within the transaction that ends the user's account. */
    async removeAllOf(tx: Db, userId: string): Promise<void> {
      const rows = await lockAllOf(tx, userId)
      for (const { object_key } of rows) if (object_key) await store.remove(object_key)
      await deleteAllOf(tx, userId)
    },
  }
}
