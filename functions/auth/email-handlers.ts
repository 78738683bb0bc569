import type { EmailChangeService } from '../../lib/auth/email-change.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { emailRoutes } from './email-routes.ts'

export function createEmailHandlers(changes: EmailChangeService): Handlers<typeof emailRoutes> {
  return {
    changeEmail: async ({ body, actor, ...origin }) => {
      await changes.request(body, actor, origin)
      return { status: 'accepted' }
    },
    confirmEmailChange: async ({ body, ...origin }) => {
      await changes.confirm(body.token, origin)
      return undefined
    },
  }
}
