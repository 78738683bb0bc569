import type { DiscountService } from '../../lib/discounts/service.ts'
import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import { replyShown } from '../row-reply.ts'
import type { discountRoutes } from './discount-routes.ts'

export function createDiscountHandlers(discounts: DiscountService): Handlers<typeof discountRoutes> {
  return {
    createDiscount: async ({ actor, body }) => replyShown(await discounts.create(actor, body)),
    listDiscounts: ({ actor, query }) => discounts.list(actor, query),
    getDiscount: async ({ actor, params }) => replyShown(await discounts.get(actor, params.discount_id)),
    updateDiscount: async ({ actor, params, body, headers }) =>
      replyShown(await discounts.update(actor, params.discount_id, body, matching(headers))),
    deleteDiscount: async ({ actor, params, headers }) => {
      await discounts.remove(actor, params.discount_id, matching(headers))
      return undefined
    },
  }
}
