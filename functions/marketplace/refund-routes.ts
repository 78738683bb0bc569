import { defineRoutes, pageQuery } from '../../lib/http/route.ts'
import { createRefund, orderParams, refund, refundPage } from '../../lib/refunds/schemas.ts'

export const refundRoutes = defineRoutes({
  refundOrder: {
    method: 'POST',
    path: '/api/v1/marketplace/orders/{order_id}/refund',
    auth: 'user',
    policy: { permission: 'market.sell', reach: 'own', limit: 'write', step_up: false },
    summary:
      'Give back what was paid for items of yours, within 14 days; operators do so for all, within 90 days',
    params: orderParams,
    body: createRefund,
    status: 201,
    response: refund,
    idempotency: 'required',
    problems: ['not_found', 'order_not_refundable', 'refund_too_large'],
  },
  listRefunds: {
    method: 'GET',
    path: '/api/v1/marketplace/orders/{order_id}/refunds',
    auth: 'user',
    policy: { permission: 'market.buy', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the refunds of an order, newest first; a seller sees those of items of theirs',
    params: orderParams,
    query: pageQuery,
    status: 200,
    response: refundPage,
    problems: ['not_found', 'invalid_request'],
  },
})
