import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/client.ts'
import type { AuditAction } from './actions.ts'

/** Where a request came from; the request itself fits. */
export interface Origin {
  readonly ip: string
  readonly userAgent: string
  readonly requestId: string
}

export interface AuditEntry {
  readonly action: AuditAction
  /** `success` unless said otherwise. */
  readonly outcome?: 'success' | 'failure'
  /** Who did it. */
  readonly actor_id?: string | undefined
  /** Whose account it concerns: it stands in this user's own trail. */
  readonly user_id?: string | undefined
  /** What it was done to where that is no account, as `kind:id`. */
  readonly target?: string | undefined
  readonly session_id?: string | undefined
  /** Never a secret, never a token. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/** Of what users do to their own account, in which session. */
export const byOwner = ({ id, session_id }: Pick<Actor, 'id' | 'session_id'>) => ({
  actor_id: id,
  user_id: id,
  session_id,
})

export const longestUserAgent = 512

/** Written in the transaction of what it tells of, so that neither is without the other. */
export async function recordAudit(db: Db, entry: AuditEntry, origin: Origin, now: Date): Promise<void> {
  const { action, outcome = 'success', actor_id, user_id, target, session_id, details = {} } = entry
  await db`
    insert into audit_events (
      at, action, outcome, actor_id, user_id, target, session_id, ip, user_agent, request_id, details
    ) values (
      ${now}, ${action}, ${outcome}, ${actor_id ?? null}, ${user_id ?? null}, ${target ?? null},
      ${session_id ?? null}, ${origin.ip || null}, ${origin.userAgent.slice(0, longestUserAgent)},
      ${origin.requestId}, ${db.json(details)}
    )
  `
}
