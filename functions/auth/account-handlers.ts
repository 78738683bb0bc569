import type { LoginService } from '../../lib/auth/login.ts'
import type { RegistrationService } from '../../lib/auth/registration.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { accountRoutes } from './account-routes.ts'
import { readDevice } from './device.ts'
import { replySession } from './session-reply.ts'

export interface AccountServices {
  readonly registration: RegistrationService
  readonly logins: LoginService
}

const verificationRequired = { status: 'verification_required' } as const

export function createAccountHandlers({
  registration,
  logins,
}: AccountServices): Handlers<typeof accountRoutes> {
  return {
    register: async ({ body, ...origin }) => {
      await registration.register(body, origin)
      return verificationRequired
    },
    verifyEmail: async ({ body, ...origin }) => ({
      user: await registration.verifyEmail(body.token, origin),
    }),
    resendVerification: async ({ body, requestId }) => {
      await registration.resendVerification(body.email, requestId)
      return verificationRequired
    },
    login: async ({ body, ...request }) => {
      const reply = await logins.login(body, readDevice(request), request)
      return 'mfa_required' in reply ? reply : replySession(reply)
    },
  }
}
