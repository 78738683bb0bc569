import * as z from 'zod/mini'
import { route } from '../route.ts'
import { badRequest } from '../wire/error.ts'
import { listParams, text } from '../wire/params.ts'

export const eventRoutes = [
  route('GET /v1/events/{id}', z.strictObject({}), (context, _, id) => context.demand('event', id)),
  route(
    'GET /v1/events',
    z.strictObject({ ...listParams, type: z.optional(text), types: z.optional(z.array(text)) }),
    (context, { type, types, ...page }) => {
      if (type !== undefined && types)
        throw badRequest('You may only specify one of these parameters: type, types.')
      return context.store.list('event', context.account, { ...page, where: { type: types ?? type } })
    },
  ),
]
