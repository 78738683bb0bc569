import type { PasswordService } from '../../lib/auth/password-service.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { passwordRoutes } from './password-routes.ts'

export function createPasswordHandlers(passwords: PasswordService): Handlers<typeof passwordRoutes> {
  return {
    forgotPassword: async ({ body, ...origin }) => {
      await passwords.forgot(body.email, origin)
      return { status: 'accepted' }
    },
    resetPassword: async ({ body, ...origin }) => {
      await passwords.reset(body, origin)
      return undefined
    },
    changePassword: async ({ body, actor, ...origin }) => {
      await passwords.change(body, actor, origin)
      return undefined
    },
  }
}
