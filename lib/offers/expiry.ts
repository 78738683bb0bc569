import type { Db } from '../db/client.ts'
import { isOver } from './repository.ts'

const batch = 500

/** Ends what was not answered, or not ordered, in time. */
export async function expireOffers(db: Db, now: Date): Promise<number> {
  const { count } = await db`
    update offers set status = 'expired', revision = revision + 1, updated_at = ${now}
    where id in (
      select f.id from offers f where ${isOver(db, now)} order by f.id limit ${batch} for update skip locked
    )
  `
  return count
}

/** The same of one buyer, who holds the lock of their account and makes another. */
export async function expireOffersOf(tx: Db, buyerId: string, now: Date): Promise<void> {
  await tx`
    update offers set status = 'expired', revision = revision + 1, updated_at = ${now}
    where id in (
      select f.id from offers f where f.buyer_id = ${buyerId} and ${isOver(tx, now)} order by f.id for update
    )
  `
}
