import { dispute, disputePage, disputeParams } from '../../lib/disputes/schemas.ts'
import { defineRoutes, pageQuery } from '../../lib/http/route.ts'

export const disputeRoutes = defineRoutes({
  listDisputes: {
    method: 'GET',
    path: '/api/v1/marketplace/disputes',
    auth: 'user',
    policy: { permission: 'market.sell', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the disputes of orders with items of yours, newest first; operators see all',
    query: pageQuery,
    status: 200,
    response: disputePage,
    problems: ['invalid_request'],
  },
  getDispute: {
    method: 'GET',
    path: '/api/v1/marketplace/disputes/{dispute_id}',
    auth: 'user',
    policy: { permission: 'market.sell', reach: 'own', limit: 'read', step_up: false },
    summary: 'Get a dispute, and until when Stripe takes evidence',
    params: disputeParams,
    status: 200,
    response: dispute,
    problems: ['not_found'],
  },
})
