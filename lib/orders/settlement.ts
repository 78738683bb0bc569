import { postStripeFee } from '../ledger/postings.ts'
import type { Intent } from '../stripe/port.ts'
import { type CompletionDependencies, createCompletion } from './completion.ts'
import { endUnpaid } from './ending.ts'
import { recordMismatch } from './metrics.ts'
import { lockOrderWithTracks, type OrderRow } from './repository.ts'
import type { OrderStatus } from './schemas.ts'
import { takeNothing, takePayment } from './taking.ts'

export type Settlement = ReturnType<typeof createSettlement>

/** What Stripe says of a payment becomes the state of its order. Told twice, or out of order, it comes to the same. */
export function createSettlement(dependencies: CompletionDependencies) {
  const { sql, now = () => new Date() } = dependencies
  const complete = createCompletion(dependencies)

  const settleSucceeded = (order_id: string, intent: Intent) =>
    sql.beginIdempotent(async (tx) => {
      const order = await lockOrderWithTracks(tx, order_id)
      if (!order || !isMeant(order, intent)) return
      if (unpaid.has(order.status)) await takePayment(tx, order, intent, now())
      if (!intent.fee) return
      const { balance_transaction_id: external_id, ...fee } = intent.fee
      await postStripeFee(tx, { order_id, external_id, ...fee }, now())
    })

  const settleCanceled = (orderId: string, intent: Intent) =>
    sql.beginIdempotent(async (tx) => {
      const order = await lockOrderWithTracks(tx, orderId)
      if (order?.payment_intent_id === intent.id) await endUnpaid(tx, order, now())
    })

  const settleFree = (orderId: string) =>
    sql.beginIdempotent(async (tx) => {
      const order = await lockOrderWithTracks(tx, orderId)
      if (order?.status === 'requires_payment' && order.total_amount === 0)
        await takeNothing(tx, order, now())
    })

  return {
    /** Nothing comes of a payment that is under way. */
    async settleIntent(intent: Intent): Promise<void> {
      const { order_id: orderId, status } = intent
      if (orderId === null) return
      if (status === 'canceled') await settleCanceled(orderId, intent)
      if (status !== 'succeeded') return
      await settleSucceeded(orderId, intent)
      await complete(orderId)
    },

    /** Goes on with an order that costs nothing, or was paid, from wherever it was left. */
    async settleOrder(orderId: string): Promise<void> {
      await settleFree(orderId)
      await complete(orderId)
    },
  }
}

const unpaid: ReadonlySet<OrderStatus> = new Set(['requires_payment', 'expired', 'cancelled'])

function isMeant(order: OrderRow, intent: Intent): boolean {
  const isMeant =
    order.payment_intent_id === intent.id &&
    order.total_amount === intent.amount_received &&
    order.currency === intent.currency
  if (!isMeant) recordMismatch(order, intent)
  return isMeant
}
