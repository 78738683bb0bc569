import { accepted, changeEmail, confirmEmailChange } from '../../lib/auth/schemas.ts'
import { defineRoutes, noContent } from '../../lib/http/route.ts'

/** How an account moves to another address. */
export const emailRoutes = defineRoutes({
  changeEmail: {
    method: 'POST',
    path: '/api/v1/auth/email/change',
    auth: 'user',
    policy: { permission: 'account.manage', reach: 'own', limit: 'credentials', step_up: true },
    summary: 'Ask for another e-mail address; a link goes to the present and to the new one',
    body: changeEmail,
    status: 202,
    response: accepted,
    problems: ['invalid_credentials', 'conflict', 'too_many_attempts'],
  },
  confirmEmailChange: {
    method: 'POST',
    path: '/api/v1/auth/email/change/confirm',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'credentials', step_up: false },
    summary: 'Agree to a change of address with the token of a mailed link; it is made once both have',
    body: confirmEmailChange,
    status: 204,
    response: noContent,
    problems: ['invalid_token', 'conflict'],
  },
})
