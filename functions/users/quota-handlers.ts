import type { Handlers } from '../../lib/http/route.ts'
import type { QuotaService } from '../../lib/uploads/quotas.ts'
import type { quotaRoutes } from './quota-routes.ts'

export const createQuotaHandlers = (quotas: QuotaService): Handlers<typeof quotaRoutes> => ({
  getUploadQuotas: ({ actor }) => quotas.get(actor),
})
