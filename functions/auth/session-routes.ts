import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { refresh, signedIn } from '../../lib/sessions/schemas.ts'

/** What a signed-in user does with sessions. */
export const sessionRoutes = defineRoutes({
  refresh: {
    method: 'POST',
    path: '/api/v1/auth/refresh',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'refresh', step_up: false },
    summary: 'Replace a refresh token and get a new access token',
    body: refresh,
    status: 200,
    response: signedIn,
    problems: [
      'refresh_token_not_found',
      'refresh_token_already_used',
      'session_expired',
      'account_suspended',
    ],
  },
  logout: {
    method: 'POST',
    path: '/api/v1/auth/logout',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'credentials', step_up: false },
    summary: 'End this session',
    status: 204,
    response: noContent,
    problems: [],
  },
})
