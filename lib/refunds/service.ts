import type { Actor } from '../auth/actor.ts'
import { permissionsOf } from '../auth/permissions.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import type { OutboxRelay } from '../outbox.ts'
import { dayMs } from '../time.ts'
import { requestRefund } from './requesting.ts'
import type { CreateRefund, RefundView } from './schemas.ts'
import { findPart, findRefundView, listRefundViews } from './views-repository.ts'

export interface RefundDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type RefundService = ReturnType<typeof createRefundService>

const sellerWindowMs = 14 * dayMs
const operatorWindowMs = 90 * dayMs

const isOperator = ({ role }: Actor) => permissionsOf[role].has('operations')

export function createRefundService({ sql, relay, now = () => new Date() }: RefundDependencies) {
  /** Whose items of the order the caller reaches: a seller their own, an operator all. */
  async function reachOf(actor: Actor, orderId: string) {
    const part = await findPart(sql, orderId, actor)
    if (part && isOperator(actor)) return { seller_id: undefined, window_ms: operatorWindowMs }
    if (part !== 'seller') throw new AppError('not_found')
    return { seller_id: actor.id, window_ms: sellerWindowMs }
  }

  return {
    /** Of their own items for a seller, of any for an operator. */
    async create(actor: Actor, orderId: string, wanted: CreateRefund): Promise<RefundView> {
      const reach = await reachOf(actor, orderId)
      const demand = { ...wanted, ...reach, order_id: orderId, requested_by: actor.id }
      const refund = await sql.begin(async (tx) => {
        const id = await requestRefund(tx, demand, now())
        return findRefundView(tx, id, reach)
      })
      await relay.flushSoon()
      return refund!
    },

    async list(actor: Actor, orderId: string, query: PageQuery) {
      const part = await findPart(sql, orderId, actor)
      const isWhole = part === 'buyer' || isOperator(actor)
      if (!part || !(isWhole || part === 'seller')) throw new AppError('not_found')
      const viewing = { seller_id: isWhole ? undefined : actor.id }
      return pageById(`refunds:${orderId}`, query, (before, limit) =>
        listRefundViews(sql, orderId, viewing, { before, limit }),
      )
    },
  }
}
