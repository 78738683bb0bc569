import { type Actor, type Authentication, authorizerContext, type Refusal } from '../auth/actor.ts'
import { AppError } from '../errors.ts'
import type { ApiEvent } from './exchange.ts'
import type { Route } from './route.ts'

export type VerifyToken = (authorization: string | undefined) => Promise<Authentication | undefined>
export type CheckSession = (actor: Actor) => Promise<Refusal | undefined>

export interface AuthenticationDependencies {
  readonly verifyToken?: VerifyToken | undefined
  readonly checkSession?: CheckSession | undefined
  readonly now?: (() => Date) | undefined
}

const clockSkewSeconds = 30

/**
 * Who calls. On `user` routes the gateway's authorizer has verified the token; on `optional` routes it is
 * done here, and a token that is presented must be good. `iam` callers the gateway has verified wholly.
 */
export function createAuthentication(dependencies: AuthenticationDependencies) {
  const { verifyToken, checkSession, now = () => new Date() } = dependencies

  const readVouched = (event: ApiEvent): Authentication => {
    const { success, data } = authorizerContext.safeParse(event.requestContext.authorizer?.lambda)
    if (!success) return { reason: 'unauthenticated' }
    if ('reason' in data) return data
    const { expires_at, ...actor } = data
    return expires_at + clockSkewSeconds > now().getTime() / 1000 ? { actor } : { reason: 'token_expired' }
  }

  const authenticate = async (auth: Route['auth'], event: ApiEvent) => {
    if (auth === 'user') return readVouched(event)
    if (auth === 'optional') return verifyToken?.(event.headers.authorization)
    return undefined
  }

  return async (auth: Route['auth'], event: ApiEvent): Promise<Actor | undefined> => {
    const authentication = await authenticate(auth, event)
    if (!authentication) return undefined
    if ('reason' in authentication) throw new AppError(authentication.reason)
    const reason = await checkSession?.(authentication.actor)
    if (reason) throw new AppError(reason)
    return authentication.actor
  }
}
