import type { Db } from '../db/client.ts'

/** Whether Stripe, by its last word, lets them receive money. */
export async function canBePaidOut(db: Db, userId: string): Promise<boolean> {
  const [row] = await db`select from sellers where user_id = ${userId} and payouts_enabled`
  return row !== undefined
}
