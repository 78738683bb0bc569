import { defineRoutes } from '../../lib/http/route.ts'
import { endpointParams } from '../../lib/webhooks/endpoints/schemas.ts'
import {
  deliveryPage,
  deliveryParams,
  listDeliveries,
  wholeDelivery,
} from '../../lib/webhooks/reading/schemas.ts'

const policy = { permission: 'webhooks.manage', reach: 'own', step_up: false } as const

export const deliveryRoutes = defineRoutes({
  listWebhookDeliveries: {
    method: 'GET',
    path: '/api/v1/webhooks/endpoints/{endpoint_id}/deliveries',
    auth: 'user',
    policy: { ...policy, limit: 'read' },
    summary: 'List what an endpoint of yours was sent in the last 30 days, newest first',
    params: endpointParams,
    query: listDeliveries,
    status: 200,
    response: deliveryPage,
    problems: ['not_found', 'invalid_request'],
  },
  getWebhookDelivery: {
    method: 'GET',
    path: '/api/v1/webhooks/deliveries/{delivery_id}',
    auth: 'user',
    policy: { ...policy, limit: 'read' },
    summary: 'Read what was sent, and what each attempt was answered with',
    params: deliveryParams,
    status: 200,
    response: wholeDelivery,
    problems: ['not_found'],
  },
  resendWebhookDelivery: {
    method: 'POST',
    path: '/api/v1/webhooks/deliveries/{delivery_id}/resend',
    auth: 'user',
    policy: { ...policy, limit: 'webhook_send' },
    summary: 'Send an event again, under the same id, with all its retries',
    params: deliveryParams,
    status: 202,
    response: wholeDelivery,
    problems: ['not_found', 'endpoint_disabled'],
  },
})
