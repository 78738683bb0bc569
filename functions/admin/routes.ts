import { adminUserPage, changeRole, listUsers, suspendUser, targetParams } from '../../lib/admin/schemas.ts'
import { auditEventPage, listAudit } from '../../lib/audit/schemas.ts'
import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { chatMuteRoutes } from './chat-routes.ts'
import { moderationRoutes } from './moderation-routes.ts'
import { adminOrderRoutes } from './order-routes.ts'
import { versionRoutes } from './version-routes.ts'

export const adminRoutes = defineRoutes({
  ...moderationRoutes,
  ...versionRoutes,
  ...chatMuteRoutes,
  ...adminOrderRoutes,
  listAllUsers: {
    method: 'GET',
    path: '/api/v1/admin/users',
    auth: 'user',
    policy: { permission: 'users.manage', reach: 'any', limit: 'read', step_up: false },
    summary: 'List users, newest first, by how their username or address begins',
    query: listUsers,
    status: 200,
    response: adminUserPage,
    problems: [],
  },
  suspendUser: {
    method: 'POST',
    path: '/api/v1/admin/users/{user_id}/suspend',
    auth: 'user',
    policy: { permission: 'users.manage', reach: 'any', limit: 'write', step_up: true },
    summary: 'Suspend a user, for good or until a time; their sessions end',
    params: targetParams,
    body: suspendUser,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict'],
  },
  unsuspendUser: {
    method: 'POST',
    path: '/api/v1/admin/users/{user_id}/unsuspend',
    auth: 'user',
    policy: { permission: 'users.manage', reach: 'any', limit: 'write', step_up: true },
    summary: 'End the suspension of a user',
    params: targetParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict'],
  },
  changeUserRole: {
    method: 'PUT',
    path: '/api/v1/admin/users/{user_id}/role',
    auth: 'user',
    policy: { permission: 'users.manage', reach: 'any', limit: 'write', step_up: true },
    summary: 'Give a user another role; access tokens that name the old one die',
    params: targetParams,
    body: changeRole,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict'],
  },
  listAuditEvents: {
    method: 'GET',
    path: '/api/v1/admin/audit',
    auth: 'user',
    policy: { permission: 'audit.read', reach: 'any', limit: 'read', step_up: false },
    summary: 'List the audit trail, newest first',
    query: listAudit,
    status: 200,
    response: auditEventPage,
    problems: [],
  },
})
