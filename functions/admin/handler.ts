import { createAdminOrderService } from '../../lib/admin/order-service.ts'
import { createAdminService } from '../../lib/admin/service.ts'
import { createAuditService } from '../../lib/audit/service.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMutingService } from '../../lib/chat/muting.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createWithdrawnService } from '../../lib/media/withdrawal/withdrawn-service.ts'
import { createModerationService } from '../../lib/moderation/service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { composeApi } from '../compose.ts'
import { createAdminHandlers } from './handlers.ts'
import { adminRoutes } from './routes.ts'

const { sql, api } = composeApi('admin')
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

const admin = createAdminService({ sql, relay })

const handlers = createAdminHandlers({
  admin,
  moderation: createModerationService({ sql, relay, admin }),
  muting: createMutingService({ sql }),
  audit: createAuditService({ sql }),
  versions: createWithdrawnService({ sql }),
  orders: createAdminOrderService({ sql }),
})

export const handler = createApi(adminRoutes, handlers, api)
