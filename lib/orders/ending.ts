import type { Transaction } from '../db/client.ts'
import { giveBackDiscount } from '../discounts/apply.ts'
import { giveBackOffers } from '../offers/ordering.ts'
import { addToOutbox } from '../outbox.ts'
import { endClaims } from './claims.ts'
import { markEnded, type OrderRow } from './repository.ts'

/**
 * Ends an order, locked, that nobody can pay any more, and gives back what it held. Before its time is over that is
 * `cancelled`, whoever brought it about; after it, `expired`.
 */
export async function endUnpaid(
  tx: Transaction,
  { id: order_id, expires_at }: OrderRow,
  now: Date,
): Promise<boolean> {
  const status = expires_at > now ? 'cancelled' : 'expired'
  if (!(await markEnded(tx, order_id, status, now))) return false
  await endClaims(tx, order_id, status === 'cancelled' ? 'released' : 'lapsed', now)
  await giveBackDiscount(tx, order_id)
  await giveBackOffers(tx, order_id, now)
  await addToOutbox(tx, `order.${status}`, { order_id })
  return true
}
