import { defineRoutes } from '../../lib/http/route.ts'
import { received } from '../../lib/stripe/schemas.ts'

export const webhookRoutes = defineRoutes({
  receiveStripeEvent: {
    method: 'POST',
    path: '/api/v1/stripe/webhooks',
    auth: 'signature',
    policy: { permission: 'public', reach: 'any', limit: 'unlimited', step_up: false },
    summary: 'Take what Stripe tells of; the signature is over the bytes of the body',
    status: 200,
    response: received,
    problems: ['invalid_request'],
  },
})
