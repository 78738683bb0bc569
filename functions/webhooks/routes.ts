import { deliveryRoutes } from './delivery-routes.ts'
import { endpointRoutes } from './endpoint-routes.ts'
import { eventRoutes } from './event-routes.ts'

export const webhookRoutes = { ...eventRoutes, ...endpointRoutes, ...deliveryRoutes }
