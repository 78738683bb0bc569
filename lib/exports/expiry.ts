import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import { earlier, hourMs } from '../time.ts'
import {
  deleteBuried,
  deleteUnstored,
  listExpired,
  markAbandonedFailed,
  markAllExpiring,
  markExpired,
} from './repository.ts'

export interface ExportExpiryDependencies {
  readonly sql: Sql
  readonly store: Pick<ObjectStore, 'remove'>
}

const batch = 20

/** The events queue gives a message up before. */
const patienceMs = 4 * hourMs

/**
 * Removes the files whose time is over, some a call; answers how many. The objects go first and outside of any
 * transaction: removing one twice does no harm, so two runs may meet and a crash is made good by the next.
 */
export function createExportExpiry({ sql, store }: ExportExpiryDependencies) {
  return async (now: Date): Promise<number> => {
    const expired = await listExpired(sql, now, batch)
    await Promise.all(expired.map(({ object_key }) => store.remove(object_key)))
    const ids = expired.map(({ id }) => id)
    await deleteBuried(sql, ids)
    await markExpired(sql, ids)
    return ids.length
  }
}

export const failAbandonedExports = (sql: Sql, now: Date): Promise<number> =>
  markAbandonedFailed(sql, earlier(now, patienceMs))

/** Within the transaction that ends the user's account. Files that exist are over, and go with the next expiry. */
export async function endExports(tx: Db, userId: string, now: Date): Promise<void> {
  // One that is just being finished holds the deletion up, and is then found as a file.
  await deleteUnstored(tx, userId)
  await markAllExpiring(tx, userId, now)
}
