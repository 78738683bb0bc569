import { randomUUID } from 'node:crypto'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import type { UserService } from '../users/service.ts'
import { hashToken } from './one-time-tokens.ts'
import { refuseWeakPassword } from './password-rules.ts'
import type { Passwords } from './passwords.ts'
import {
  deleteEmailTokens,
  findClash,
  findEmailTokenOwner,
  findUserIdByEmail,
  insertUser,
  insertUsernameHold,
  markEmailVerified,
  type NewUser,
} from './repository.ts'
import { isReservedUsername } from './reserved-usernames.ts'
import type { Register } from './schemas.ts'

const holdMs = 30 * 24 * 60 * 60 * 1000

export interface RegistrationDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly users: Pick<UserService, 'get'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type RegistrationService = ReturnType<typeof createRegistrationService>

/** Nothing here tells, by answer or by the work it takes, whether an address has an account. */
export function createRegistrationService(dependencies: RegistrationDependencies) {
  const { sql, passwords, users, relay, now = () => new Date() } = dependencies

  /** Makes the account, or finds whose address it is. */
  const claim = async (tx: Db, user: NewUser): Promise<Claim> => {
    const { is_username_taken, owner_id } = await findClash(tx, user, now())
    if (is_username_taken || isReservedUsername(user.username)) throw new AppError('username_taken')
    if (owner_id) {
      await insertUsernameHold(tx, user.username, new Date(now().getTime() + holdMs))
      return { event: 'mail.account_exists', user_id: owner_id }
    }
    const user_id = await insertUser(tx, user)
    // Another registration was faster and is committed by now: look again.
    return user_id ? { event: 'mail.verify_email', user_id } : claim(tx, user)
  }

  return {
    async register({ password, ...names }: Register, requestId: string): Promise<void> {
      refuseWeakPassword({ password, ...names })
      const password_hash = await passwords.hash(password)
      const user = { ...names, display_name: names.display_name ?? names.username, password_hash }
      await sql.begin(async (tx) => {
        const { event, user_id } = await claim(tx, user)
        await addToOutbox(tx, event, { user_id }, requestId)
      })
      await relay.flushSoon()
    },

    /** An address without an account costs an event too; whoever handles it finds nobody and does nothing. */
    async resendVerification(email: string, requestId: string): Promise<void> {
      const user_id = (await findUserIdByEmail(sql, email)) ?? randomUUID()
      await sql.begin((tx) => addToOutbox(tx, 'mail.verify_email', { user_id }, requestId))
      await relay.flushSoon()
    },

    async verifyEmail(token: string) {
      const userId = await sql.begin(async (tx) => {
        const owner = await findEmailTokenOwner(tx, hashToken(token), now())
        const isVerified = owner !== undefined && (await markEmailVerified(tx, owner, now()))
        if (!isVerified) throw new AppError('invalid_token')
        await deleteEmailTokens(tx, owner)
        return owner
      })
      return users.get(userId)
    },
  }
}

interface Claim {
  readonly event: 'mail.verify_email' | 'mail.account_exists'
  readonly user_id: string
}
