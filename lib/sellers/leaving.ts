import type { Db } from '../db/client.ts'

/**
 * Within the transaction that ends the seller's account: their name and address go, for contracts and invoices have
 * their own copies. Their account at Stripe stays, so that what they have earned, and yet earn of orders under way, is
 * paid out to them.
 */
export async function anonymizeSeller(tx: Db, userId: string, now: Date): Promise<void> {
  await tx`
    update sellers set legal_name = null, legal_address = null, revision = revision + 1, updated_at = ${now}
    where user_id = ${userId}
  `
}
