import { createHash } from 'node:crypto'
import { longestUserAgent, type Origin } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import { permissionsOf } from '../auth/permissions.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { StripePort } from '../stripe/port.ts'
import { type CancelDependencies, createCancel } from './cancelling.ts'
import { requestPayment } from './payments.ts'
import { place } from './placing.ts'
import { findOrderRow } from './repository.ts'
import type { CreateOrder, ListOrders, Order } from './schemas.ts'
import type { Settlement } from './settlement.ts'
import { findOrder, listOrdersOf, partOf, withoutSecret } from './views.ts'

export interface OrderDependencies extends CancelDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly stripe: Pick<StripePort, 'createIntent' | 'cancelIntent' | 'retrieveIntent'>
  readonly settlement: Settlement
  readonly settings: { readonly feeBps: number }
  readonly now?: () => Date
}

export type OrderService = ReturnType<typeof createOrderService>

export function createOrderService(dependencies: OrderDependencies) {
  const { sql, relay, settlement, settings, now = () => new Date() } = dependencies
  const cancel = createCancel(dependencies)

  const read = async (id: string): Promise<Order> => {
    const order = await findOrder(sql, id, now())
    if (!order) throw new AppError('not_found')
    return order
  }

  /** Brings an order on to where the buyer is wanted again; from wherever an earlier call has left it. */
  async function goOn(id: string): Promise<void> {
    const order = await findOrderRow(sql, id)
    if (!order) throw new AppError('not_found')
    if (order.total_amount === 0) await settlement.settleOrder(id)
    else if (order.status === 'requires_payment' && !order.payment_intent_id && order.expires_at > now()) {
      await requestPayment(dependencies, order, now)
    }
  }

  return {
    /** The same key leads to the same order, whatever became of the first call. */
    async create(actor: Actor, wanted: CreateOrder, idempotencyKey: string, origin: Origin): Promise<Order> {
      const placing = {
        buyer_id: actor.id,
        key_hash: createHash('sha256').update(idempotencyKey).digest(),
        ip: origin.ip,
        user_agent: origin.userAgent.slice(0, longestUserAgent),
        wanted,
        fee_bps: settings.feeBps,
      }
      const placed = await sql.beginIdempotent((tx) => place(tx, placing, now()))
      if ('refusal' in placed) throw placed.refusal
      await goOn(placed.order_id)
      await relay.flushSoon()
      return read(placed.order_id)
    },

    /** The whole to its buyer and to who runs the market; to a seller their part of it. */
    async get(actor: Actor, id: string): Promise<Order> {
      const order = await read(id)
      if (order.buyer_id === actor.id) return order
      if (permissionsOf[actor.role].has('operations')) return withoutSecret(order)
      const part = partOf(order, actor.id)
      if (!part) throw new AppError('not_found')
      return part
    },

    list: (actor: Actor, { status, ...page }: ListOrders) =>
      pageById(`orders:${status ?? ''}`, page, (before, limit) =>
        listOrdersOf(sql, actor.id, status, { before, limit }, now()),
      ),

    async cancel(actor: Actor, id: string): Promise<Order> {
      await cancel(actor, id)
      await relay.flushSoon()
      return read(id)
    },
  }
}
