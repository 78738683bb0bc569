import type { Actor } from '../auth/actor.ts'
import { permissionsOf } from '../auth/permissions.ts'
import { AppError } from '../errors.ts'
import type { Route } from './route.ts'

/** How long ago the user may have passed every factor of theirs on a route that asks for it. */
const stepUpSeconds = 15 * 60

/** Refuses an actor whom the route's policy does not let through. Whose things they reach is the service's to say. */
export function requireAccess({ auth, policy }: Route, actor: Actor | undefined, now: Date): void {
  if (auth === 'user' && !(actor && permissionsOf[actor.role].has(policy.permission))) {
    throw new AppError('forbidden')
  }
  if (policy.step_up) requireFresh(actor, now)
}

/** For what only some calls of a route ask for. */
export function requireFresh(actor: Actor | undefined, now: Date): void {
  if (!(actor && isFresh(actor, now))) throw stepUpRequired()
}

const isFresh = ({ auth_time }: Actor, now: Date) => now.getTime() / 1_000 - auth_time <= stepUpSeconds

/** The challenge is that of RFC 9470. */
const stepUpRequired = () =>
  new AppError('step_up_required', undefined, {
    headers: {
      'www-authenticate': `Bearer error="insufficient_user_authentication", max_age=${stepUpSeconds}`,
    },
    extensions: { max_age: stepUpSeconds },
  })
