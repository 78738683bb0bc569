import type { AuditAction } from '../audit/actions.ts'
import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { Actor } from './actor.ts'
import { findPasswordAccount, type PasswordAccount } from './password-repository.ts'
import type { Passwords } from './passwords.ts'

export interface OwnPasswordDependencies {
  readonly sql: Sql
  readonly passwords: Pick<Passwords, 'matches'>
  readonly throttle: Pick<Throttle, 'attempts'>
  readonly now?: () => Date
}

export type OwnPassword = ReturnType<typeof createOwnPassword>

/** Asks users who are signed in for their password again. */
export function createOwnPassword(dependencies: OwnPasswordDependencies) {
  const { sql, passwords, throttle, now = () => new Date() } = dependencies

  /** The account whose password it is. */
  const compare = async (userId: string, password: string, origin: Origin) => {
    const account = await findPasswordAccount(sql, userId)
    const isRight = await throttle.attempts.ownPassword(userId, origin, () =>
      passwords.matches(password, account?.password_hash),
    )
    return isRight ? account : undefined
  }

  return {
    matches: async (userId: string, password: string, origin: Origin): Promise<boolean> =>
      (await compare(userId, password, origin)) !== undefined,

    /** Refuses a wrong one, with a failure of the action in the trail. */
    async require(
      actor: Actor,
      password: string,
      action: AuditAction,
      origin: Origin,
    ): Promise<PasswordAccount> {
      const account = await compare(actor.id, password, origin)
      if (account) return account
      await recordAudit(sql, { action, outcome: 'failure', ...byOwner(actor) }, origin, now())
      throw new AppError('invalid_credentials')
    },
  }
}
