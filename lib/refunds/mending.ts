import type { Sql, Transaction } from '../db/client.ts'
import type { Refund } from '../stripe/port.ts'
import { dayMs, earlier } from '../time.ts'
import { findOwed, listGivenUp, lockOrder, markFailed } from './repository.ts'
import { requestRefund } from './requesting.ts'

export interface RefundMendingDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/**
 * Ends the refunds of an order that were given up and that Stripe, by what it knows of them, has not made. And asks anew,
 * once a day, for what has to go back because it was paid for in vain.
 */
export function createRefundMending({ sql, now = () => new Date() }: RefundMendingDependencies) {
  async function mend(tx: Transaction, orderId: string, known: readonly Refund[]) {
    await lockOrder(tx, orderId)
    const made = new Set(known.map(({ refund_id }) => refund_id))
    for (const { id } of await listGivenUp(tx, orderId)) {
      if (!made.has(id)) await markFailed(tx, id, 'given_up', now())
    }
    const reason = await findOwed(tx, orderId, earlier(now(), dayMs))
    if (reason) await requestRefund(tx, { order_id: orderId, reason }, now())
  }

  return (orderId: string, known: readonly Refund[]): Promise<void> =>
    sql.beginIdempotent((tx) => mend(tx, orderId, known))
}
