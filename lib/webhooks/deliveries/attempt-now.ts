import type { Db } from '../../db/client.ts'
import { lockEndpointOf } from './locks.ts'

/**
 * Has a delivery made again, whatever became of it, with the schedule of retries from its beginning. What the sender has
 * in hand of it at this moment is the first try. The caller makes sure whose it is; `dispatchSoon` sends it.
 */
export async function resend(tx: Db, deliveryId: string, now: Date): Promise<void> {
  await lockEndpointOf(tx, deliveryId)
  await tx`
    update webhook_deliveries
    set status = 'pending', tries = 0, next_attempt_at = ${now}, ended_at = null, is_recovery = false
    where id = ${deliveryId}
  `
}
