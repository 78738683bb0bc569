import { createAdminHandlers } from '../../functions/admin/handlers.ts'
import { adminRoutes } from '../../functions/admin/routes.ts'
import { createAdminOrderService } from '../../lib/admin/order-service.ts'
import { createAdminService } from '../../lib/admin/service.ts'
import { createAuditService } from '../../lib/audit/service.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import { createMutingService } from '../../lib/chat/muting.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import type { Route } from '../../lib/http/route.ts'
import { createWithdrawnService } from '../../lib/media/withdrawal/withdrawn-service.ts'
import { createModerationService } from '../../lib/moderation/service.ts'
import { type CallOptions, call, unlimited } from './api.ts'

/** The function `admin`, called as whoever is named. */
export function createModerationApi(sql: Sql, now: () => Date = () => new Date()) {
  const relay = { flushSoon: async () => {} }
  const admin = createAdminService({ sql, relay, now })
  const handler = createApi(
    adminRoutes,
    createAdminHandlers({
      orders: createAdminOrderService({ sql }),
      admin,
      audit: createAuditService({ sql }),
      versions: createWithdrawnService({ sql, now }),
      muting: createMutingService({ sql, now }),
      moderation: createModerationService({ sql, relay, admin, now }),
      now,
    }),
    { service: 'admin', corsOrigins: [], takeCall: unlimited, now },
  )
  return <R extends Route>(route: R, as: Actor, options: CallOptions = {}) =>
    call(handler, route, { expires_at: 4_000_000_000, ...options, actor: as })
}
