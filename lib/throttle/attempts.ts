import type { AuditAction } from '../audit/actions.ts'
import { type Origin, recordAudit } from '../audit/record.ts'
import type { Cache } from '../cache/cache.ts'
import type { Sql } from '../db/client.ts'
import { AppError, asUnavailable, type ProblemCode, tooManyAttempts } from '../errors.ts'
import { logger } from '../logger.ts'
import { createGuard, type Refusal } from './guard.ts'
import { codesPerMinute, ownPassword, type Rule, secondFactor } from './rules.ts'

export interface AttemptsDependencies {
  readonly sql: Sql
  readonly cache: Cache
  readonly now?: () => Date
}

export type Attempts = ReturnType<typeof createAttempts>

/** Runs what compares a secret, and refuses it where too many have failed. Falsy means that it was wrong. */
export type Attempt = <T>(userId: string, origin: Origin, compare: () => Promise<T>) => Promise<T>

/** Refusals that mean the secret was wrong; any other failure tells nothing about it. */
const wrong: ReadonlySet<ProblemCode> = new Set(['invalid_code', 'invalid_credentials'])
const isWrong = (error: unknown) => error instanceof AppError && wrong.has(error.code)

/**
 * What a user may get wrong who is half or wholly signed in. To be called outside any transaction: the cache may
 * be the same database on the same connection.
 */
export function createAttempts({ sql, cache, now = () => new Date() }: AttemptsDependencies) {
  const guard = createGuard({ cache, now })

  const refuse = async (
    rule: Rule,
    { retryAfterSeconds, isFirst }: Refusal,
    userId: string,
    origin: Origin,
  ) => {
    if (isFirst) {
      const details = { reason: 'too_many_attempts', retry_after_seconds: retryAfterSeconds }
      const entry = { action: actions[rule.name]!, outcome: 'failure', user_id: userId, details } as const
      await recordAudit(sql, entry, origin, now())
    }
    return tooManyAttempts(retryAfterSeconds)
  }

  const attempt =
    (rule: Rule): Attempt =>
    async (userId, origin, compare) => {
      const { refusal, release } = await guard.reserve(rule, userId)
      if (refusal) throw await refuse(rule, refusal, userId, origin)
      const isRight = await compare().catch(async (error) => {
        if (!isWrong(error)) await release()
        throw error
      })
      if (isRight) await guard.forgive(rule, userId).catch(logForgotten)
      return isRight
    }

  /** Right or wrong. */
  const countCode = async (userId: string) => {
    const seconds = now().getTime() / 1_000
    const minute = Math.floor(seconds / 60)
    const key = `codes:${userId}:${minute}`
    const [count = 0] = await cache.increment([{ key, by: 1, ttl_seconds: 120 }]).catch((error) => {
      throw asUnavailable(error)
    })
    if (count > codesPerMinute) throw tooManyAttempts(Math.ceil((minute + 1) * 60 - seconds))
  }

  const code = attempt(secondFactor)
  return {
    /** A code of the second factor, of any kind. */
    async secondFactor<T>(userId: string, origin: Origin, compare: () => Promise<T>): Promise<T> {
      await countCode(userId)
      return code(userId, origin, compare)
    },

    /** The password of somebody who is signed in already. */
    ownPassword: attempt(ownPassword),
  }
}

/** What was right has taken effect, whatever is counted of it. */
const logForgotten = (error: Error) =>
  logger.error('Failed attempts are not forgotten: the cache does not answer', { error })

const actions: Readonly<Record<string, AuditAction>> = {
  second_factor: 'two_factor.challenged',
  own_password: 'access.refused',
}
