import type { LoadKeys } from '../../lib/auth/key-ring.ts'
import type { JobQueue } from '../../lib/aws/job-queue.ts'
import type { ObjectStore } from '../../lib/aws/object-store.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createDiscountService } from '../../lib/discounts/service.ts'
import { createDisputeService } from '../../lib/disputes/service.ts'
import { createInvoiceService } from '../../lib/invoices/service.ts'
import { createLedgerService } from '../../lib/ledger/service.ts'
import { createLicenseDownloadService } from '../../lib/licenses/downloads-service.ts'
import { createKeySet } from '../../lib/licenses/key-set.ts'
import { createLicenseService } from '../../lib/licenses/service.ts'
import type { MediaLinks } from '../../lib/media/delivery/media-links.ts'
import { createOfferService } from '../../lib/offers/service.ts'
import { createOrderService } from '../../lib/orders/service.ts'
import { createSettlement } from '../../lib/orders/settlement.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { createPayoutService } from '../../lib/payouts/service.ts'
import { createProductService } from '../../lib/products/service.ts'
import { createTemplateService } from '../../lib/products/templates-service.ts'
import { createRefundService } from '../../lib/refunds/service.ts'
import { createSalesService } from '../../lib/sales/service.ts'
import { createSellerService } from '../../lib/sellers/service.ts'
import { createIntake } from '../../lib/stripe/intake.ts'
import type { StripePort } from '../../lib/stripe/port.ts'
import type { LoadStripeSecret } from '../../lib/stripe/secret.ts'
import { createSignatureCheck } from '../../lib/stripe/signature.ts'
import { createDiscountHandlers } from './discount-handlers.ts'
import { createDisputeHandlers } from './dispute-handlers.ts'
import { createDownloadHandlers } from './download-handlers.ts'
import { createInvoiceHandlers } from './invoice-handlers.ts'
import { createLicenseHandlers } from './license-handlers.ts'
import { createMoneyHandlers } from './money-handlers.ts'
import { createOfferHandlers } from './offer-handlers.ts'
import { createOrderHandlers } from './order-handlers.ts'
import { createProductHandlers } from './product-handlers.ts'
import { createRefundHandlers } from './refund-handlers.ts'
import { createSellerHandlers } from './seller-handlers.ts'
import { createTemplateHandlers } from './template-handlers.ts'
import { createWebhookHandlers } from './webhook-handlers.ts'

/** What the services of this group stand on; each takes of it what it needs. */
export interface MarketplaceDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly stripe: StripePort
  readonly stripeQueue: Pick<JobQueue, 'send'>
  /** For what Stripe signs. */
  readonly loadStripeSecret: LoadStripeSecret
  /** What licences are signed with is derived from them. */
  readonly licenseKeys: LoadKeys
  readonly media: MediaLinks
  /** Where statements are. */
  readonly exports: Pick<ObjectStore, 'presignGet'>
  readonly settings: MarketplaceSettings
  readonly now?: () => Date
}

export interface MarketplaceSettings {
  /** What the platform keeps of each sale, unless something else was agreed on with the seller. */
  readonly feeBps: number
  readonly appUrl: string
  /** Of the API, as certificates name it. */
  readonly apiUrl: string
}

/** The services of this group, and the handlers that call them. */
export const composeMarketplace = (given: MarketplaceDependencies) => ({
  ...createProductHandlers(createProductService(given)),
  ...createRefundHandlers(createRefundService(given)),
  ...createDisputeHandlers(createDisputeService(given)),
  ...createWebhookHandlers(createIntake({ ...given, checkSignature: createSignatureCheck(given) })),
  ...createDownloadHandlers(createLicenseDownloadService(given)),
  ...createSellerHandlers(createSellerService(given)),
  ...createMoneyHandlers({
    ledger: createLedgerService(given),
    sales: createSalesService(given),
    payouts: createPayoutService(given),
  }),
  ...createOrderHandlers(createOrderService({ ...given, settlement: createSettlement(given) })),
  ...createOfferHandlers(createOfferService(given)),
  ...createTemplateHandlers(createTemplateService(given)),
  ...createDiscountHandlers(createDiscountService(given)),
  ...createLicenseHandlers({ licenses: createLicenseService(given), readKeys: createKeySet(given) }),
  ...createInvoiceHandlers(createInvoiceService(given)),
})
