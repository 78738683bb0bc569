import type { Handlers } from '../../lib/http/route.ts'
import type { SessionService } from '../../lib/sessions/service.ts'
import { replySession } from './session-reply.ts'
import type { sessionRoutes } from './session-routes.ts'

export function createSessionHandlers(sessions: SessionService): Handlers<typeof sessionRoutes> {
  return {
    refresh: async ({ body, ...origin }) => replySession(await sessions.refresh(body.refresh_token, origin)),
    logout: async ({ actor, ...origin }) => {
      await sessions.logout(actor, origin)
      return undefined
    },
  }
}
