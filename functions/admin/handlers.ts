import type { AdminOrderService } from '../../lib/admin/order-service.ts'
import type { AdminService } from '../../lib/admin/service.ts'
import type { AuditService } from '../../lib/audit/service.ts'
import type { MutingService } from '../../lib/chat/muting.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { WithdrawnService } from '../../lib/media/withdrawal/withdrawn-service.ts'
import type { ModerationService } from '../../lib/moderation/service.ts'
import { createChatMuteHandlers } from './chat-handlers.ts'
import { createModerationHandlers } from './moderation-handlers.ts'
import type { adminRoutes } from './routes.ts'
import { createVersionHandlers } from './version-handlers.ts'

export interface AdminServices {
  readonly admin: AdminService
  readonly audit: Pick<AuditService, 'list'>
  readonly moderation: ModerationService
  readonly versions: WithdrawnService
  readonly muting: MutingService
  readonly orders: AdminOrderService
  readonly now?: () => Date
}

export function createAdminHandlers({
  admin,
  audit,
  moderation,
  versions,
  muting,
  orders,
  now = () => new Date(),
}: AdminServices): Handlers<typeof adminRoutes> {
  return {
    ...createModerationHandlers(moderation, now),
    ...createVersionHandlers(versions),
    ...createChatMuteHandlers(muting),
    listAllUsers: ({ query }) => admin.list(query),
    suspendUser: async ({ actor, params, body, ...origin }) => {
      await admin.suspend(actor, params.user_id, body, origin)
      return undefined
    },
    unsuspendUser: async ({ actor, params, ...origin }) => {
      await admin.unsuspend(actor, params.user_id, origin)
      return undefined
    },
    changeUserRole: async ({ actor, params, body, ...origin }) => {
      await admin.changeRole(actor, params.user_id, body.role, origin)
      return undefined
    },
    listAllOrders: ({ query }) => orders.list(query),
    listOrderEntries: ({ params, query }) => orders.listEntries(params.order_id, query),
    listAuditEvents: ({ query }) => audit.list(query),
  }
}
