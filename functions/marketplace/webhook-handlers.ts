import type { Handlers } from '../../lib/http/route.ts'
import type { Intake } from '../../lib/stripe/intake.ts'
import type { webhookRoutes } from './webhook-routes.ts'

export function createWebhookHandlers(take: Intake): Handlers<typeof webhookRoutes> {
  return {
    receiveStripeEvent: async ({ rawBody, headers }) => {
      await take(rawBody, headers['stripe-signature'])
      return { received: true }
    },
  }
}
