import type { Db } from '../db/client.ts'

export interface SealedRow {
  readonly user_id: string
  readonly sealed_secret: string
}

/** In the order of the users, from the one after `after`. */
export async function listSealedOtherwise(
  db: Db,
  kid: string,
  after: string | null,
  limit: number,
): Promise<SealedRow[]> {
  return db<SealedRow[]>`
    select user_id, sealed_secret
    from totp_factors
    where kid <> ${kid} and (${after}::uuid is null or user_id > ${after}::uuid)
    order by user_id
    limit ${limit}
  `
}

/** False where the secret is not the one that was read any more. */
export async function replaceSealed(
  db: Db,
  userId: string,
  before: string,
  after: string,
  kid: string,
): Promise<boolean> {
  const { count } = await db`
    update totp_factors set sealed_secret = ${after}, kid = ${kid}
    where user_id = ${userId} and sealed_secret = ${before}
  `
  return count === 1
}
