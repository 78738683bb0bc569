import type { Actor, Refusal } from '../auth/actor.ts'
import { isSuspended } from '../auth/suspension.ts'
import type { Sql } from '../db/client.ts'
import { findSessionState, type SessionState } from './repository.ts'

/** How late an environment may notice that a session ended: of the 5 s promised, which are counted by a clock outside. */
const rememberedMs = 3_000
const mostRemembered = 1_000

export interface SessionCheckDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** Asks the database whether the session behind a verified token still stands; only a yes is remembered. */
export function createSessionCheck({ sql, now = () => new Date() }: SessionCheckDependencies) {
  const seenAt = new Map<string, number>()

  return async (actor: Actor): Promise<Refusal | undefined> => {
    const key = `${actor.session_id} ${actor.id} ${actor.token_version}`
    const at = now()
    if (Math.abs(at.getTime() - (seenAt.get(key) ?? -Infinity)) < rememberedMs) return undefined

    const state = await findSessionState(sql, actor.session_id, actor.id)
    if (!stands(state, actor, at)) return 'token_revoked'

    seenAt.delete(key)
    seenAt.set(key, at.getTime())
    if (seenAt.size > mostRemembered) seenAt.delete(seenAt.keys().next().value!)
    return undefined
  }
}

const stands = (state: SessionState | undefined, actor: Actor, at: Date) =>
  state !== undefined &&
  state.revoked_at === null &&
  state.deleted_at === null &&
  !isSuspended(state, at) &&
  state.token_version === actor.token_version &&
  at < state.idle_expires_at &&
  at < state.expires_at
