import { etagOfShown } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { OrderService } from '../../lib/orders/service.ts'
import { replyShown } from '../row-reply.ts'
import type { orderRoutes } from './order-routes.ts'

export function createOrderHandlers(orders: OrderService): Handlers<typeof orderRoutes> {
  return {
    createOrder: async ({ actor, body, headers, ...origin }) =>
      // The gate lets nobody in without a key.
      replyShown(await orders.create(actor, body, headers['idempotency-key']!, origin)),
    listOrders: ({ actor, query }) => orders.list(actor, query),
    getOrder: async ({ actor, params }) => replyShown(await orders.get(actor, params.order_id)),
    cancelOrder: async ({ actor, params }) => {
      const order = await orders.cancel(actor, params.order_id)
      const status = order.status === 'requires_payment' ? 202 : 200
      return new Reply(order, { status, etag: etagOfShown(order) })
    },
  }
}
