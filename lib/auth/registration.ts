import { randomUUID } from 'node:crypto'
import { type Origin, recordAudit } from '../audit/record.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { clearEmailTrouble } from '../mail-feedback/standing.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import type { Throttle } from '../throttle/throttle.ts'
import { dayMs, later } from '../time.ts'
import type { UserService } from '../users/service.ts'
import { takeEmailToken } from './email-tokens.ts'
import { deleteEmailTokens } from './email-tokens-repository.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Passwords } from './passwords.ts'
import {
  findClash,
  findUserIdByEmail,
  insertUser,
  insertUsernameHold,
  markEmailVerified,
  type NewUser,
} from './repository.ts'
import { isReservedUsername } from './reserved-usernames.ts'
import type { Register } from './schemas.ts'

const holdMs = 30 * dayMs

export interface RegistrationDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly users: Pick<UserService, 'get'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly throttle: Pick<Throttle, 'mails'>
  readonly now?: () => Date
}

export type RegistrationService = ReturnType<typeof createRegistrationService>

/** Nothing here tells, by answer or by the work it takes, whether an address has an account. */
export function createRegistrationService(dependencies: RegistrationDependencies) {
  const { sql, passwords, policy, users, relay, throttle, now = () => new Date() } = dependencies

  /** Makes the account, or finds whose address it is. */
  const claim = async (tx: Db, user: NewUser): Promise<Claim> => {
    const { is_username_taken, owner_id } = await findClash(tx, user, now())
    if (is_username_taken || isReservedUsername(user.username)) throw new AppError('username_taken')
    if (owner_id) {
      await insertUsernameHold(tx, user.username, later(now(), holdMs))
      return { event: 'mail.account_exists', user_id: owner_id }
    }
    const user_id = await insertUser(tx, user)
    // Another registration was faster and is committed by now: look again.
    return user_id ? { event: 'mail.verify_email', user_id } : claim(tx, user)
  }

  /** Of several uses of the tokens of a user at once, one verifies. */
  const verify = async (tx: Db, token: string, origin: Origin) => {
    const taken = await takeEmailToken(tx, token, ['verify_email'], now())
    if (!taken) return undefined
    const { user_id } = taken
    const isFirst = await markEmailVerified(tx, user_id, now())
    const isAnew = await clearEmailTrouble(tx, user_id, now())
    if (!isFirst && !isAnew) return undefined
    await deleteEmailTokens(tx, user_id, ['verify_email'])
    await recordAudit(tx, { action: 'account.email_verified', actor_id: user_id, user_id }, origin, now())
    return user_id
  }

  return {
    async register({ password, ...names }: Register, origin: Origin): Promise<void> {
      const identity = { ...names, display_name: names.display_name ?? names.username }
      await policy.refuseWeak(password, identity)
      const user = { ...identity, password_hash: await passwords.hash(password) }
      const owner = await findUserIdByEmail(sql, names.email)
      const mayTellOwner = await throttle.mails.take(owner ? 'account_exists' : 'registered', names.email)
      await sql.begin(async (tx) => {
        const { event, user_id } = await claim(tx, user)
        const outcome = event === 'mail.verify_email' ? 'success' : 'failure'
        const isMailed = event === 'mail.verify_email' || mayTellOwner
        // Else whoever handles it finds nobody and does nothing.
        await addToOutbox(tx, event, { user_id: isMailed ? user_id : randomUUID() }, origin.requestId)
        await recordAudit(tx, { action: 'account.registered', outcome, user_id }, origin, now())
      })
      await relay.flushSoon()
    },

    /** An address without an account costs an event too; whoever handles it finds nobody and does nothing. */
    async resendVerification(email: string, requestId: string): Promise<void> {
      if (!(await throttle.mails.take('verify_email', email))) return
      const user_id = (await findUserIdByEmail(sql, email)) ?? randomUUID()
      await sql.begin((tx) => addToOutbox(tx, 'mail.verify_email', { user_id }, requestId))
      await relay.flushSoon()
    },

    async verifyEmail(token: string, origin: Origin) {
      const user_id = await sql.begin((tx) => verify(tx, token, origin))
      if (user_id) return users.get(user_id)
      await recordAudit(sql, { action: 'account.email_verified', outcome: 'failure' }, origin, now())
      throw new AppError('invalid_token')
    },
  }
}

interface Claim {
  readonly event: 'mail.verify_email' | 'mail.account_exists'
  readonly user_id: string
}
