import type { Actor } from '../../lib/auth/actor.ts'
import type { Route } from '../../lib/http/route.ts'
import { type CallOptions, call } from './api.ts'

const expires_at = 4_000_000_000

/** Those who call an API as themselves: on a route that is open to guests too, their id is their token. */
export function createCallers() {
  const actors = new Map<string, Actor>()
  return {
    verifyToken: async (header: string | undefined) => {
      const actor = actors.get(header ?? '')
      return actor && { actor, expires_at }
    },

    callAs:
      (handler: Parameters<typeof call>[0]) =>
      <R extends Route>(route: R, as: Actor | undefined, options: CallOptions = {}) => {
        if (route.auth !== 'optional' || !as)
          return call(handler, route, { expires_at, ...options, actor: as })
        actors.set(as.id, as)
        return call(handler, route, { ...options, headers: { ...options.headers, authorization: as.id } })
      },
  }
}
