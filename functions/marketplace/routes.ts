import { discountRoutes } from './discount-routes.ts'
import { disputeRoutes } from './dispute-routes.ts'
import { downloadRoutes } from './download-routes.ts'
import { invoiceRoutes } from './invoice-routes.ts'
import { licenseRoutes } from './license-routes.ts'
import { moneyRoutes } from './money-routes.ts'
import { offerRoutes } from './offer-routes.ts'
import { orderRoutes } from './order-routes.ts'
import { productRoutes } from './product-routes.ts'
import { refundRoutes } from './refund-routes.ts'
import { sellerRoutes } from './seller-routes.ts'
import { templateRoutes } from './template-routes.ts'
import { webhookRoutes } from './webhook-routes.ts'

export const marketplaceRoutes = {
  ...productRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...webhookRoutes,
  ...downloadRoutes,
  ...sellerRoutes,
  ...moneyRoutes,
  ...orderRoutes,
  ...offerRoutes,
  ...templateRoutes,
  ...discountRoutes,
  ...licenseRoutes,
  ...invoiceRoutes,
}
