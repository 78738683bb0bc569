import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Db, Sql } from '../db/client.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { AppError } from '../errors.ts'
import { clearEmailTrouble, isUnreachable } from '../mail-feedback/standing.ts'
import { addNotice, insertNotice } from '../notices/notices.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { endSessions } from '../sessions/ending.ts'
import type { Throttle } from '../throttle/throttle.ts'
import { dayMs, later } from '../time.ts'
import type { Actor } from './actor.ts'
import {
  type ConfirmedChange,
  deleteEmailChange,
  markConfirmed,
  markEmailChanged,
  replaceEmailChange,
} from './email-change-repository.ts'
import { takeEmailToken } from './email-tokens.ts'
import { deleteEmailTokens } from './email-tokens-repository.ts'
import type { OwnPassword } from './own-password.ts'
import { holdPassword } from './password-repository.ts'
import type { ChangeEmail } from './schemas.ts'

const lifetimeMs = dayMs

export interface EmailChangeDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly ownPassword: Pick<OwnPassword, 'require'>
  readonly throttle: Pick<Throttle, 'mails'>
  readonly now?: () => Date
}

export type EmailChangeService = ReturnType<typeof createEmailChangeService>

type Outcome = 'waiting' | 'changed' | 'taken' | 'unknown'

/** An account moves to another address once both addresses have agreed; the new one alone where mail to the old one comes back. */
export function createEmailChangeService(dependencies: EmailChangeDependencies) {
  const { sql, relay, ownPassword, throttle, now = () => new Date() } = dependencies

  const confirm = async (tx: Db, token: string, origin: Origin): Promise<Outcome> => {
    const at = now()
    const change = await agree(tx, token, at)
    if (!change) return 'unknown'
    return change.is_complete ? apply(tx, change, origin, at) : 'waiting'
  }

  return {
    /** Says nothing of whether the new address has an account: its owner alone is told. */
    async request({ new_email, password }: ChangeEmail, actor: Actor, origin: Origin): Promise<void> {
      const { id: user_id, session_id } = actor
      const action = 'account.email_change_requested'
      const account = await ownPassword.require(actor, password, action, origin)
      if (new_email === account.email) throw unchanged()
      await throttle.mails.tryAddress(user_id)
      // Whoever it belongs to is not to be flooded with mail by those who say that it is theirs.
      if (!(await throttle.mails.take('change_email', new_email))) return
      await sql.begin(async (tx) => {
        const created_at = now()
        if (!(await holdPassword(tx, account))) throw new AppError('conflict')
        const expires_at = later(created_at, lifetimeMs)
        await replaceEmailChange(tx, { user_id, new_email, session_id, created_at, expires_at })
        await deleteEmailTokens(tx, user_id, ['change_email_old', 'change_email_new'])
        const notice = { user_id, kind: 'email_change_requested', session_id } as const
        const notice_id = await insertNotice(tx, notice, origin, created_at)
        await addToOutbox(tx, 'mail.email_change', { user_id, notice_id }, origin.requestId)
        await recordAudit(tx, { action, ...byOwner(actor) }, origin, created_at)
      })
      await relay.flushSoon()
    },

    async confirm(token: string, origin: Origin): Promise<void> {
      const outcome = await sql
        .begin((tx) => confirm(tx, token, origin))
        .catch((error) => {
          // Another account took the address in this very moment; the link stays good for the answer below.
          if (isUniqueViolation(error)) return sql.begin((tx) => confirm(tx, token, origin))
          throw error
        })
      if (outcome === 'unknown') await recordAudit(sql, refusedChange, origin, now())
      if (outcome === 'unknown') throw new AppError('invalid_token')
      if (outcome === 'taken') throw new AppError('conflict', 'The address belongs to another account by now')
      await relay.flushSoon()
    },
  }
}

const refusedChange = { action: 'account.email_changed', outcome: 'failure' } as const

async function agree(tx: Db, token: string, now: Date): Promise<ConfirmedChange | undefined> {
  const taken = await takeEmailToken(tx, token, ['change_email_old', 'change_email_new'], now)
  if (!taken) return undefined
  const purpose = taken.purpose === 'change_email_old' ? taken.purpose : 'change_email_new'
  const { user_id } = taken
  // What comes back from an address is no answer of it: whoever lost it could never leave it.
  const isOldGone = await isUnreachable(tx, user_id)
  return markConfirmed(tx, { user_id, purpose, isOldGone, now })
}

/** Links mailed before are for the old address. Those of "this was not me" stay: they undo what others did. */
async function apply(tx: Db, change: ConfirmedChange, origin: Origin, now: Date): Promise<Outcome> {
  const { user_id, old_email: email } = change
  const session_id = change.session_id ?? undefined
  const isChanged = await markEmailChanged(tx, change, now)
  await deleteEmailChange(tx, user_id)
  await deleteEmailTokens(tx, user_id, [
    'verify_email',
    'reset_password',
    'change_email_old',
    'change_email_new',
  ])
  if (!isChanged) {
    await recordAudit(tx, { ...refusedChange, user_id }, origin, now)
    return 'taken'
  }
  await clearEmailTrouble(tx, user_id, now)
  await endSessions(tx, { user_id, except: session_id, reason: 'email_changed', now })
  await recordAudit(tx, { action: 'account.email_changed', actor_id: user_id, user_id }, origin, now)
  await addNotice(tx, { user_id, kind: 'email_changed', session_id, email }, origin, now)
  return 'changed'
}

const unchanged = () =>
  new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/body/new_email', code: 'email_unchanged', detail: 'This is the present address' }],
  })
