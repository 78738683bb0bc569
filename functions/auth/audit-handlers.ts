import type { AuditService } from '../../lib/audit/service.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { auditRoutes } from './audit-routes.ts'

export function createAuditHandlers(audit: AuditService): Handlers<typeof auditRoutes> {
  return {
    listSecurityEvents: ({ actor, query }) => audit.listOwn(actor, query),
  }
}
