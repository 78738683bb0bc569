import type { Db } from '../db/client.ts'
import { markUnsold } from '../products/for-order.ts'
import { giveUpTracks } from './claims.ts'
import { lockClaimedTracks } from './repository.ts'

/** What was paid for these items is given back, so their exclusive licences are over. Holds `lockTracksOfPayment`. */
export async function endExclusives(
  tx: Db,
  orderId: string,
  itemIds: readonly string[] | undefined,
  now: Date,
): Promise<void> {
  const trackIds = await giveUpTracks(tx, orderId, itemIds, now)
  if (trackIds.length > 0) await markUnsold(tx, trackIds, now)
}

/** Before the order itself, for whoever may end what it has for itself. */
export async function lockTracksOfPayment(tx: Db, paymentIntentId: string): Promise<void> {
  const [order] = await tx<
    [{ id: string }?]
  >`select id from orders where payment_intent_id = ${paymentIntentId}`
  if (order) await lockClaimedTracks(tx, order.id)
}
