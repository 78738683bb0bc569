import type { Db } from '../db/client.ts'

/**
 * Within the transaction that ends the seller's account, which has their tracks locked: nothing of theirs is on sale any
 * more. What was bought of it stays, and orders that are under way may still be paid.
 */
export async function endProductsOf(tx: Db, sellerId: string, now: Date): Promise<void> {
  await tx`
    update products set status = 'archived', revision = revision + 1, updated_at = ${now}
    where id in (
      select id from products
      where seller_id = ${sellerId} and status in ('draft', 'published')
      order by id
      for update
    )
  `
  await tx`delete from license_templates where seller_id = ${sellerId}`
}
