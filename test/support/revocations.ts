import { createInternalHandlers, type InternalServices } from '../../functions/internal/handlers.ts'
import { internalRoutes } from '../../functions/internal/routes.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createRevocationService } from '../../lib/revocations/service.ts'
import { call, unlimited } from './api.ts'

type Query = Readonly<Record<string, string | number>>

/** Reads the list as the servers beside us do. */
export function createRevocationReader(sql: Sql, now: () => Date) {
  const services = { revocations: createRevocationService({ sql, now }) } as unknown as InternalServices
  const handler = createApi(internalRoutes, createInternalHandlers(services), {
    service: 'internal',
    corsOrigins: [],
    takeCall: unlimited,
  })
  const read = (query: Query = {}) => call(handler, internalRoutes.listRevocations, { query })

  /** One poll: every page there is, and the cursor for the next poll. */
  const poll = async (cursor?: string, query: Query = {}) => {
    const data: Awaited<ReturnType<typeof read>>['body']['data'] = []
    let next = cursor
    for (;;) {
      const { body } = await read({ ...query, ...(next !== undefined && { cursor: next }) })
      data.push(...body.data)
      next = body.next_cursor!
      if (!body.has_more) return { data, cursor: next }
    }
  }

  return { read, poll }
}
