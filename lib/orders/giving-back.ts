import type { Db } from '../db/client.ts'
import { markUnsold } from '../products/for-order.ts'
import { giveUpTracks } from './claims.ts'
import { lockClaimedTracks } from './repository.ts'

/** What was paid for these items is given back, so their exclusive licences are over. The caller holds `lockPaidOrder`. */
export async function endExclusives(
  tx: Db,
  orderId: string,
  itemIds: readonly string[] | undefined,
  now: Date,
): Promise<void> {
  const trackIds = await giveUpTracks(tx, orderId, itemIds, now)
  if (trackIds.length > 0) await markUnsold(tx, trackIds, now)
}

export interface PaidOrder {
  readonly id: string
  readonly buyer_id: string
  readonly status: string
  readonly currency: string
  readonly payment_intent_id: string | null
  readonly paid_at: Date | null
}

/** Whatever a refund or a dispute changes of an order holds this: the tracks that it has for itself, then the order. */
export async function lockPaidOrder(tx: Db, paymentIntentId: string): Promise<PaidOrder | undefined> {
  const [known] = await tx<
    [{ id: string }?]
  >`select id from orders where payment_intent_id = ${paymentIntentId}`
  if (!known) return undefined
  await lockClaimedTracks(tx, known.id)
  const [order] = await tx<[PaidOrder?]>`
    select id, buyer_id, status, currency, payment_intent_id, paid_at from orders where id = ${known.id} for update
  `
  return order
}
