import type { Handlers } from '../../lib/http/route.ts'
import type { OfferService } from '../../lib/offers/service.ts'
import { replyShown } from '../row-reply.ts'
import type { offerRoutes } from './offer-routes.ts'

export function createOfferHandlers(offers: OfferService): Handlers<typeof offerRoutes> {
  return {
    makeOffer: async ({ actor, body }) => replyShown(await offers.make(actor, body)),
    listOffers: ({ actor, query }) => offers.list(actor, query),
    getOffer: async ({ actor, params }) => replyShown(await offers.get(actor, params.offer_id)),
    acceptOffer: async ({ actor, params }) => replyShown(await offers.accept(actor, params.offer_id)),
    declineOffer: async ({ actor, params }) => replyShown(await offers.decline(actor, params.offer_id)),
    counterOffer: async ({ actor, params, body }) =>
      replyShown(await offers.counter(actor, params.offer_id, body.amount)),
    withdrawOffer: async ({ actor, params }) => replyShown(await offers.withdraw(actor, params.offer_id)),
  }
}
