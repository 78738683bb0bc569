import { downloadRoutes } from './download-routes.ts'
import { productRoutes } from './product-routes.ts'
import { webhookRoutes } from './webhook-routes.ts'

export const marketplaceRoutes = {
  ...productRoutes,
  ...webhookRoutes,
  ...downloadRoutes,
}
