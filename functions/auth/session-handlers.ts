import { AppError } from '../../lib/errors.ts'
import { createCsrfGuard, csrfCookie, giveCsrfToken } from '../../lib/http/csrf.ts'
import { type Handlers, Reply, type Request } from '../../lib/http/route.ts'
import type { OwnSessions } from '../../lib/sessions/own-sessions.ts'
import type { SessionService } from '../../lib/sessions/service.ts'
import type { StepUpService } from '../../lib/sessions/step-up.ts'
import { refreshCookie, replySession } from './session-reply.ts'
import type { sessionRoutes } from './session-routes.ts'

export interface SessionServices {
  readonly sessions: Pick<SessionService, 'refresh'>
  readonly ownSessions: OwnSessions
  readonly stepUp: StepUpService
  readonly corsOrigins: readonly string[]
}

export function createSessionHandlers(services: SessionServices): Handlers<typeof sessionRoutes> {
  const { sessions, ownSessions, stepUp, corsOrigins } = services
  const guard = createCsrfGuard(corsOrigins)

  /** Of the body, whose sender has proved enough by knowing it; else of the cookie, which a browser adds unasked. */
  const presentedToken = ({ body, ...sent }: Request<typeof sessionRoutes.refresh>) => {
    if (body?.refresh_token) return body.refresh_token
    const token = sent.cookies[refreshCookie]
    if (!token) throw body ? noToken() : new AppError('refresh_token_not_found')
    guard(sent)
    return token
  }

  return {
    refresh: async (request) => replySession(await sessions.refresh(presentedToken(request), request)),
    getCsrfToken: async (request) => giveCsrfToken(request),
    stepUp: ({ actor, body, ...origin }) => stepUp(actor, body, origin),
    listSessions: ({ actor, query }) => ownSessions.list(actor, query),
    endSession: async ({ actor, params, ...origin }) => {
      await ownSessions.end(actor, params.session_id, origin)
      return undefined
    },
    logout: async ({ actor, cookies, ...origin }) => {
      await ownSessions.logout(actor, origin)
      return withoutCookies(cookies)
    },
    logoutAll: async ({ actor, cookies, ...origin }) => {
      await ownSessions.logoutAll(actor, origin)
      return withoutCookies(cookies)
    },
  }
}

const noToken = () =>
  new AppError('validation_failed', undefined, {
    errors: [
      { pointer: '#/body/refresh_token', code: 'required', detail: 'It is neither here nor in a cookie' },
    ],
  })

/** Takes those cookies away that the browser has. */
const withoutCookies = (sent: Request['cookies']) =>
  new Reply(undefined, {
    cookies: ([refreshCookie, csrfCookie] as const)
      .filter((name) => sent[name] !== undefined)
      .map((name) => ({ name, value: '' })),
  })
