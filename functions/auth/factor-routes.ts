import {
  answerChallenge,
  disableTwoFactor,
  recoveryCodes,
  twoFactorCode,
  twoFactorSetup,
  twoFactorStatus,
} from '../../lib/factors/schemas.ts'
import { defineRoutes, noContent, type Policy } from '../../lib/http/route.ts'
import { signedIn } from '../../lib/sessions/schemas.ts'

const own: Policy = { permission: 'account.manage', reach: 'own', limit: 'credentials', step_up: false }

/** The second factor: a code of an app, and the codes for the day that the app is lost. */
export const factorRoutes = defineRoutes({
  getTwoFactor: {
    method: 'GET',
    path: '/api/v1/auth/2fa',
    auth: 'user',
    policy: { ...own, limit: 'read' },
    summary: 'Read which second factors are on',
    status: 200,
    response: twoFactorStatus,
    problems: [],
  },
  setUpTwoFactor: {
    method: 'POST',
    path: '/api/v1/auth/2fa/setup',
    auth: 'user',
    policy: { ...own, step_up: true },
    summary: 'Get a secret for an authenticator app; it counts once it is enabled',
    status: 200,
    response: twoFactorSetup,
    problems: ['two_factor_enabled'],
  },
  enableTwoFactor: {
    method: 'POST',
    path: '/api/v1/auth/2fa/enable',
    auth: 'user',
    policy: { ...own, step_up: true },
    summary: 'Turn the second factor on with a first code; the other sessions end',
    body: twoFactorCode,
    status: 200,
    response: recoveryCodes,
    problems: ['invalid_code', 'two_factor_enabled', 'two_factor_not_enabled', 'too_many_attempts'],
  },
  disableTwoFactor: {
    method: 'POST',
    path: '/api/v1/auth/2fa/disable',
    auth: 'user',
    policy: own,
    summary: 'Turn the second factor off; the other sessions end, and no device is remembered',
    body: disableTwoFactor,
    status: 204,
    response: noContent,
    problems: ['invalid_credentials', 'invalid_code', 'two_factor_not_enabled', 'too_many_attempts'],
  },
  replaceRecoveryCodes: {
    method: 'POST',
    path: '/api/v1/auth/2fa/recovery-codes',
    auth: 'user',
    policy: own,
    summary: 'Get new recovery codes; the old ones are worth nothing then',
    body: twoFactorCode,
    status: 200,
    response: recoveryCodes,
    problems: ['invalid_code', 'two_factor_not_enabled', 'too_many_attempts'],
  },
  answerTwoFactor: {
    method: 'POST',
    path: '/api/v1/auth/2fa/challenge',
    auth: 'none',
    policy: { permission: 'public', reach: 'any', limit: 'login', step_up: false },
    summary: 'Finish a sign-in with the second factor',
    body: answerChallenge,
    status: 200,
    response: signedIn,
    problems: [
      'invalid_code',
      'too_many_attempts',
      'invalid_credentials',
      'email_not_verified',
      'account_suspended',
      'password_reset_required',
    ],
  },
})
