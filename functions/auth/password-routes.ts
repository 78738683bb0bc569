import { accepted, changePassword, forgotPassword, resetPassword } from '../../lib/auth/schemas.ts'
import { defineRoutes, noContent } from '../../lib/http/route.ts'

/** How a password is replaced. */
export const passwordRoutes = defineRoutes({
  forgotPassword: {
    method: 'POST',
    path: '/api/v1/auth/password/forgot',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'recovery', step_up: false },
    summary: 'Ask for a link that resets the password; the answer is the same for every address',
    body: forgotPassword,
    status: 202,
    response: accepted,
    problems: [],
  },
  resetPassword: {
    method: 'POST',
    path: '/api/v1/auth/password/reset',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'credentials', step_up: false },
    summary:
      'Choose a new password with the token of a mailed link; every session ends, and the address counts as verified',
    body: resetPassword,
    status: 204,
    response: noContent,
    problems: ['invalid_token'],
  },
  changePassword: {
    method: 'POST',
    path: '/api/v1/auth/password/change',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'credentials', step_up: true },
    summary: 'Replace the password; every other session ends',
    body: changePassword,
    status: 204,
    response: noContent,
    problems: ['invalid_credentials', 'conflict', 'too_many_attempts'],
  },
})
