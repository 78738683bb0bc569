import type { Db } from '../db/client.ts'

/** Within the transaction that ends the seller's account. */
export async function endDiscountsOf(tx: Db, sellerId: string, now: Date): Promise<void> {
  await tx`
    update discounts set disabled_at = ${now}, revision = revision + 1, updated_at = ${now}
    where id in (
      select id from discounts where seller_id = ${sellerId} and disabled_at is null order by id for update
    )
  `
}
