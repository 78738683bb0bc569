import type { Handlers } from '../../lib/http/route.ts'
import type { DeliveryReading } from '../../lib/webhooks/reading/service.ts'
import type { deliveryRoutes } from './delivery-routes.ts'

export const createDeliveryHandlers = (deliveries: DeliveryReading): Handlers<typeof deliveryRoutes> => ({
  listWebhookDeliveries: ({ actor, params, query }) => deliveries.list(actor, params.endpoint_id, query),
  getWebhookDelivery: ({ actor, params }) => deliveries.get(actor, params.delivery_id),
  resendWebhookDelivery: ({ actor, params }) => deliveries.resend(actor, params.delivery_id),
})
