import {
  login,
  loginAnswer,
  register,
  resendVerification,
  verificationRequired,
  verifiedUser,
  verifyEmail,
} from '../../lib/auth/schemas.ts'
import { defineRoutes } from '../../lib/http/route.ts'

/** How an account is made, entered and got back. */
export const accountRoutes = defineRoutes({
  register: {
    method: 'POST',
    path: '/api/v1/auth/register',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'register', step_up: false },
    summary: 'Register; the address gets a mail, whether or not it has an account',
    body: register,
    status: 202,
    response: verificationRequired,
    problems: ['username_taken'],
  },
  verifyEmail: {
    method: 'POST',
    path: '/api/v1/auth/verify-email',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'credentials', step_up: false },
    summary: 'Verify an e-mail address with the token of a mailed link',
    body: verifyEmail,
    status: 200,
    response: verifiedUser,
    problems: ['invalid_token'],
  },
  resendVerification: {
    method: 'POST',
    path: '/api/v1/auth/verify-email/resend',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'recovery', step_up: false },
    summary: 'Ask for another verification mail',
    body: resendVerification,
    status: 202,
    response: verificationRequired,
    problems: [],
  },
  login: {
    method: 'POST',
    path: '/api/v1/auth/login',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'login', step_up: false },
    summary: 'Sign in and start a session, or be asked for the second factor',
    body: login,
    status: 200,
    response: loginAnswer,
    problems: [
      'invalid_credentials',
      'email_not_verified',
      'account_suspended',
      'password_reset_required',
      'too_many_attempts',
    ],
  },
})
