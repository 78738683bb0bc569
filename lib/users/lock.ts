import type { Db } from '../db/client.ts'

/**
 * Locks an account until the transaction ends; false where there is none. Whoever changes how it is entered does so
 * before they touch sessions, factors, devices or links of it, so that two of them queue up here and never wait for
 * each other. Rows that only refer to the user can still be added meanwhile.
 */
export async function lockAccount(tx: Db, userId: string): Promise<boolean> {
  const { count } = await tx`
    select from users where id = ${userId} and deleted_at is null for no key update
  `
  return count === 1
}
