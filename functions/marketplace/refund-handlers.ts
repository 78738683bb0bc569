import type { Handlers } from '../../lib/http/route.ts'
import type { RefundService } from '../../lib/refunds/service.ts'
import type { refundRoutes } from './refund-routes.ts'

export function createRefundHandlers(refunds: RefundService): Handlers<typeof refundRoutes> {
  return {
    refundOrder: ({ actor, params, body }) => refunds.create(actor, params.order_id, body),
    listRefunds: ({ actor, params, query }) => refunds.list(actor, params.order_id, query),
  }
}
