import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { ProductService } from '../../lib/products/service.ts'
import { replyShown } from '../row-reply.ts'
import type { productRoutes } from './product-routes.ts'

export function createProductHandlers(products: ProductService): Handlers<typeof productRoutes> {
  return {
    createProduct: async ({ actor, body }) => replyShown(await products.create(actor, body)),
    listProducts: ({ actor, query }) => products.list(actor, query),
    getProduct: async ({ actor, params }) => replyShown(await products.get(actor, params.product_id)),
    updateProduct: async ({ actor, params, body, headers }) =>
      replyShown(await products.update(actor, params.product_id, body, matching(headers))),
    deleteProduct: async ({ actor, params, headers }) => {
      await products.remove(actor, params.product_id, matching(headers))
      return undefined
    },
  }
}
