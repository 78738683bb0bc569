import { productRoutes } from './product-routes.ts'

export const marketplaceRoutes = {
  ...productRoutes,
}
