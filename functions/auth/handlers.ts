import type { RegistrationService } from '../../lib/auth/registration.ts'
import type { AuthService } from '../../lib/auth/service.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { authRoutes } from './routes.ts'

export interface AuthServices {
  readonly registration: RegistrationService
  readonly auth: AuthService
}

const verificationRequired = { status: 'verification_required' } as const

export function createAuthHandlers({ registration, auth }: AuthServices): Handlers<typeof authRoutes> {
  return {
    register: async ({ body, requestId }) => {
      await registration.register(body, requestId)
      return verificationRequired
    },
    verifyEmail: async ({ body }) => ({ user: await registration.verifyEmail(body.token) }),
    resendVerification: async ({ body, requestId }) => {
      await registration.resendVerification(body.email, requestId)
      return verificationRequired
    },
    login: ({ body, ip, userAgent }) => auth.login(body, { ip, userAgent }),
    refresh: ({ body, requestId }) => auth.refresh(body.refresh_token, requestId),
    logout: async ({ actor }) => {
      await auth.logout(actor)
      return undefined
    },
  }
}
