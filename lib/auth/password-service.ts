import { randomUUID } from 'node:crypto'
import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { dropSignIns } from '../factors/challenges.ts'
import { forgetDevices } from '../factors/devices.ts'
import { addNotice } from '../notices/notices.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { revokeUser } from '../revocations/revoking.ts'
import { endSessions } from '../sessions/ending.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { Actor } from './actor.ts'
import { deleteEmailChange } from './email-change-repository.ts'
import { takeEmailToken } from './email-tokens.ts'
import { deleteEmailTokens } from './email-tokens-repository.ts'
import { hashToken } from './one-time-tokens.ts'
import type { OwnPassword } from './own-password.ts'
import { type PasswordPolicy, refusePassword } from './password-policy.ts'
import { findResetAccount, markPasswordChanged, markPasswordReset } from './password-repository.ts'
import type { Passwords } from './passwords.ts'
import { findUserIdByEmail } from './repository.ts'
import type { ChangePassword, ResetPassword } from './schemas.ts'

export interface PasswordDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly throttle: Pick<Throttle, 'logins' | 'mails'>
  readonly ownPassword: Pick<OwnPassword, 'require'>
  readonly now?: () => Date
}

export type PasswordService = ReturnType<typeof createPasswordService>

/** How a password is replaced, with the present one or with a mailed link. */
export function createPasswordService(dependencies: PasswordDependencies) {
  const { sql, passwords, policy, relay, throttle, ownPassword, now = () => new Date() } = dependencies

  const refuseToken = async (origin: Origin): Promise<never> => {
    await recordAudit(sql, { action: 'password.reset', outcome: 'failure' }, origin, now())
    throw new AppError('invalid_token')
  }

  return {
    /** Costs an unknown address the same; whoever handles the event finds nobody and does nothing. */
    async forgot(email: string, origin: Origin): Promise<void> {
      if (!(await throttle.mails.take('reset_password', email))) return
      const owner = await findUserIdByEmail(sql, email)
      const outcome = owner ? 'success' : 'failure'
      await sql.begin(async (tx) => {
        await addToOutbox(tx, 'mail.reset_password', { user_id: owner ?? randomUUID() }, origin.requestId)
        await recordAudit(tx, { action: 'password.forgotten', outcome, user_id: owner }, origin, now())
      })
      await relay.flushSoon()
    },

    /** The link outlives a password that is refused. Second factors stay, and nobody is signed in by it. */
    async reset({ token, password }: ResetPassword, origin: Origin): Promise<void> {
      const account = await findResetAccount(sql, hashToken(token), now())
      if (!account) return refuseToken(origin)
      await policy.refuseWeak(password, account)
      const password_hash = await passwords.hash(password)
      const isDone = await sql.begin(async (tx) => {
        const at = now()
        const taken = await takeEmailToken(tx, token, ['reset_password'], at)
        if (!taken) return false
        const { user_id } = taken
        await markPasswordReset(tx, user_id, password_hash, at)
        await deleteEmailTokens(tx, user_id, [
          'reset_password',
          'verify_email',
          'change_email_old',
          'change_email_new',
        ])
        await deleteEmailChange(tx, user_id)
        await dropSignIns(tx, user_id)
        await forgetDevices(tx, user_id)
        await endSessions(tx, { user_id, reason: 'password_reset', now: at })
        await revokeUser(tx, user_id, 'password_reset', at)
        await recordAudit(tx, { action: 'password.reset', actor_id: user_id, user_id }, origin, at)
        await addNotice(tx, { user_id, kind: 'password_reset' }, origin, at)
        return true
      })
      if (!isDone) return refuseToken(origin)
      await throttle.logins.forgive(account.id, [account.email, account.username], origin)
      await relay.flushSoon()
    },

    /** This session goes on; every other one ends. */
    async change({ current_password, new_password }: ChangePassword, actor: Actor, origin: Origin) {
      const { id: user_id, session_id } = actor
      const account = await ownPassword.require(actor, current_password, 'password.changed', origin)
      if (new_password === current_password) throw refusePassword('new_password', 'password_unchanged')
      await policy.refuseWeak(new_password, account, 'new_password')
      const to = await passwords.hash(new_password)
      await sql.begin(async (tx) => {
        const at = now()
        const isChanged = await markPasswordChanged(tx, { user_id, from: account.password_hash, to }, at)
        if (!isChanged) throw new AppError('conflict')
        await deleteEmailTokens(tx, user_id, ['reset_password'])
        await dropSignIns(tx, user_id)
        await forgetDevices(tx, user_id, session_id)
        await endSessions(tx, { user_id, except: session_id, reason: 'password_changed', now: at })
        await recordAudit(tx, { action: 'password.changed', ...byOwner(actor) }, origin, at)
        await addNotice(tx, { user_id, kind: 'password_changed', session_id }, origin, at)
      })
      await relay.flushSoon()
    },
  }
}
