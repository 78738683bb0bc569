import type { Db, Fragment } from '../db/client.ts'

/** What waits between the two is over once one blocks the other. */
export const endOffersBetween = (tx: Db, buyerId: string, sellerId: string, now: Date) =>
  endLive(tx, 'declined', tx`buyer_id = ${buyerId} and seller_id = ${sellerId}`, now)

/** Within the transaction that ends the account: nothing of it can be answered, and what it wrote is gone. */
export async function endOffersOf(tx: Db, userId: string, now: Date): Promise<void> {
  await endLive(tx, 'withdrawn', tx`buyer_id = ${userId}`, now)
  await endLive(tx, 'declined', tx`seller_id = ${userId}`, now)
  await tx`
    update offers set message = '', revision = revision + 1, updated_at = ${now}
    where id in (select id from offers where buyer_id = ${userId} and message <> '' order by id for update)
  `
}

async function endLive(tx: Db, status: 'declined' | 'withdrawn', whose: Fragment, now: Date): Promise<void> {
  await tx`
    update offers set status = ${status}, revision = revision + 1, updated_at = ${now}
    where id in (
      select id from offers where ${whose} and status in ('open', 'countered', 'accepted') order by id for update
    )
  `
}
