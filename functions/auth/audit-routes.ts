import { securityEventPage } from '../../lib/audit/schemas.ts'
import { defineRoutes, pageQuery } from '../../lib/http/route.ts'

export const auditRoutes = defineRoutes({
  listSecurityEvents: {
    method: 'GET',
    path: '/api/v1/auth/security-events',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'read', step_up: false },
    summary: 'List what happened to your own account, newest first',
    query: pageQuery,
    status: 200,
    response: securityEventPage,
    problems: [],
  },
})
