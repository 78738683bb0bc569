import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { requestCall } from '../stripe/calls.ts'
import { StripeRefusal } from '../stripe/errors.ts'
import type { Intent, StripePort } from '../stripe/port.ts'
import { endUnpaid } from './ending.ts'
import { findOrderRow, lockOrderWithTracks } from './repository.ts'
import type { Settlement } from './settlement.ts'

export interface CancelDependencies {
  readonly sql: Sql
  readonly stripe: Pick<StripePort, 'cancelIntent' | 'retrieveIntent'>
  readonly settlement: Settlement
  readonly now?: () => Date
}

/** Ends an order of the buyer's that is not paid. Stripe decides which came first, the payment or this. */
export function createCancel({ sql, stripe, settlement, now = () => new Date() }: CancelDependencies) {
  /** What has no payment yet ends at once; else answers its payment. */
  const endWithoutPayment = (actor: Actor, id: string) =>
    sql.beginIdempotent(async (tx) => {
      const order = await lockOrderWithTracks(tx, id)
      if (order?.buyer_id !== actor.id) throw new AppError('not_found')
      if (order.status === 'cancelled') return undefined
      if (order.status !== 'requires_payment') throw new AppError('order_not_open')
      if (order.payment_intent_id) return order.payment_intent_id
      await endUnpaid(tx, order, now())
      return undefined
    })

  /** Left to the worker where Stripe does not answer, or cannot decide yet. */
  const leaveToWorker = (id: string) =>
    sql.beginIdempotent((tx) => requestCall(tx, 'cancel_intent', id, now()))

  async function endPayment(orderId: string, intentId: string): Promise<Intent | undefined> {
    try {
      return await stripe.cancelIntent(intentId, `order:${orderId}:cancel`)
    } catch (error) {
      if (error instanceof StripeRefusal) return stripe.retrieveIntent(intentId)
      await leaveToWorker(orderId)
      return undefined
    }
  }

  return async (actor: Actor, id: string): Promise<void> => {
    const intentId = await endWithoutPayment(actor, id)
    if (intentId === undefined) return
    const intent = await endPayment(id, intentId)
    if (!intent) return
    await settlement.settleIntent(intent)
    const order = await findOrderRow(sql, id)
    if (order?.status === 'cancelled' || order?.status === 'expired') return
    if (order?.status === 'requires_payment' && intent.status !== 'processing') return leaveToWorker(id)
    throw new AppError('order_not_open')
  }
}
