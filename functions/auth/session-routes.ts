import { defineRoutes, noContent } from '../../lib/http/route.ts'
import {
  csrfToken,
  listSessions,
  refresh,
  sessionPage,
  sessionPath,
  signedIn,
} from '../../lib/sessions/schemas.ts'

/** What a signed-in user does with sessions. */
export const sessionRoutes = defineRoutes({
  refresh: {
    method: 'POST',
    path: '/api/v1/auth/refresh',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'refresh', step_up: false },
    summary:
      'Replace a refresh token and get a new access token; without a body the token is that of the cookie, and ' +
      '`X-CSRF-Token` is asked for',
    body: refresh,
    status: 200,
    response: signedIn,
    problems: [
      'refresh_token_not_found',
      'refresh_token_already_used',
      'session_expired',
      'account_suspended',
      'csrf_failed',
    ],
  },
  getCsrfToken: {
    method: 'GET',
    path: '/api/v1/auth/csrf-token',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'read', step_up: false },
    summary: 'Get the token that goes with a refresh by cookie',
    status: 200,
    response: csrfToken,
    problems: [],
  },
  listSessions: {
    method: 'GET',
    path: '/api/v1/auth/sessions',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'read', step_up: false },
    summary: 'List where one is signed in, the newest first; there are 20 at most',
    query: listSessions,
    status: 200,
    response: sessionPage,
    problems: [],
  },
  endSession: {
    method: 'DELETE',
    path: '/api/v1/auth/sessions/{session_id}',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'credentials', step_up: false },
    summary: 'End one session',
    params: sessionPath,
    status: 204,
    response: noContent,
    problems: [],
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
  logoutAll: {
    method: 'POST',
    path: '/api/v1/auth/logout-all',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'credentials', step_up: false },
    summary: 'End every session, this one too',
    status: 204,
    response: noContent,
    problems: [],
  },
})
