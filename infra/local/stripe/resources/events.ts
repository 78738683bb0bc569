import * as z from 'zod/mini'
import { route } from '../route.ts'
import { listParams, text } from '../wire/params.ts'

export const eventRoutes = [
  route('GET /v1/events/{id}', z.strictObject({}), (context, _, id) => context.demand('event', id)),
  route(
    'GET /v1/events',
    z.strictObject({ ...listParams, type: z.optional(text) }),
    (context, { type, ...page }) =>
      context.store.list('event', context.account, { ...page, where: { type } }),
  ),
]
