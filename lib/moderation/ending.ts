import type { Db } from '../db/client.ts'

/** Within the transaction that ends an account: nobody knows any more what it reported, or how it was put. */
export async function endReports(tx: Db, userId: string): Promise<void> {
  await tx`update reports set reporter_id = null, note = '' where reporter_id = ${userId}`
}
