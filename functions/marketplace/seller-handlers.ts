import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { SellerService } from '../../lib/sellers/service.ts'
import { replyRow } from '../row-reply.ts'
import type { sellerRoutes } from './seller-routes.ts'

export const createSellerHandlers = (sellers: SellerService): Handlers<typeof sellerRoutes> => ({
  getSeller: async ({ actor }) => replyRow(await sellers.get(actor)),
  updateSeller: async ({ actor, body, headers }) =>
    replyRow(await sellers.update(actor, body, matching(headers))),
  startOnboarding: ({ actor, body }) => sellers.onboard(actor, body ?? {}),
})
