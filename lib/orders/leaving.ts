import type { Db } from '../db/client.ts'

/**
 * Within the transaction that ends the buyer's account: what they have not paid is over, so that the next run of
 * `expire-orders` ends it at Stripe and gives back what it held. What they have paid is completed all the same.
 */
export async function hurryOrdersOf(tx: Db, buyerId: string, now: Date): Promise<void> {
  await tx`
    update orders set expires_at = ${now}, updated_at = ${now}
    where id in (
      select id from orders
      where buyer_id = ${buyerId} and status = 'requires_payment' and expires_at > ${now}
      order by id
      for update
    )
  `
}
