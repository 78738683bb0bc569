import type { Actor } from '../auth/actor.ts'
import type { Cache } from '../cache/cache.ts'
import type { Sql } from '../db/client.ts'
import type { ProblemCode } from '../errors.ts'
import { logger } from '../logger.ts'
import { byOwner, type Origin, recordAudit } from './record.ts'

/** Somebody we know was refused for who they are. */
export interface Refused {
  readonly actor: Actor
  readonly code: ProblemCode
  /** As the table has it, so without what the path named. */
  readonly route: string
}

export type OnRefused = (refused: Refused, origin: Origin) => Promise<void>

/** What is written of one user's refusals in a minute; the rest of a flood tells nothing new. */
export const mostRefusalsPerMinute = 10

export interface RefusalDependencies {
  readonly sql: Sql
  readonly cache: Pick<Cache, 'increment'>
  readonly now?: () => Date
}

/** Writes refusals of signed-in users into the audit trail. The refusal itself stands whatever comes of that. */
export function createRefusalAudit({ sql, cache, now = () => new Date() }: RefusalDependencies): OnRefused {
  return async ({ actor, code, route }, origin) => {
    const at = now()
    const key = `refused:${actor.id}:${Math.floor(at.getTime() / 60_000)}`
    try {
      const [count = 0] = await cache.increment([{ key, by: 1, ttl_seconds: 120 }])
      if (count > mostRefusalsPerMinute) return
      const entry = { action: 'access.refused', outcome: 'failure', ...byOwner(actor) } as const
      await recordAudit(sql, { ...entry, details: { code, route, role: actor.role } }, origin, at)
    } catch (error) {
      logger.error('A refusal is missing from the audit trail', { code, route, error: error as Error })
    }
  }
}
