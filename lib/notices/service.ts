import { type Origin, recordAudit } from '../audit/record.ts'
import { hashToken } from '../auth/one-time-tokens.ts'
import type { Db, Sql } from '../db/client.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { AppError } from '../errors.ts'
import { forgetDevices } from '../factors/devices.ts'
import { removeNewPasskeys } from '../factors/new-passkeys.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { revokeUser } from '../revocations/revoking.ts'
import { endSessions } from '../sessions/ending.ts'
import {
  type DisownedNotice,
  deleteLaterNotMeTokens,
  deletePendingChanges,
  findFormerEmail,
  lockDisowner,
  markDisowned,
  markEmailRestored,
  takeNotMeToken,
} from './repository.ts'

export interface NoticeDependencies {
  readonly sql: Sql
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type NoticeService = ReturnType<typeof createNoticeService>

/** What follows when a user says of a notice that it was not them. */
export function createNoticeService({ sql, relay, now = () => new Date() }: NoticeDependencies) {
  /** A change of address is undone from the old one: to the new one a reset would only be a gift. */
  const restoreEmail = async (tx: Db, user_id: string, notice: DisownedNotice, origin: Origin) => {
    const email = await findFormerEmail(tx, user_id, notice)
    if (!email || !(await markEmailRestored(tx, user_id, email, now()))) return
    const details = { by: 'not_me' }
    await recordAudit(tx, { action: 'account.email_changed', user_id, details }, origin, now())
  }

  /**
   * Every session ends, not that of the notice alone: whoever it was may have begun others. A second factor stays,
   * for whoever reads the mail need not be who has it; the mail says so.
   */
  const disown = (token: string, origin: Origin) =>
    sql.begin(async (tx) => {
      const at = now()
      const user = await lockDisowner(tx, hashToken(token), at)
      const notice = user && (await takeNotMeToken(tx, hashToken(token)))
      if (!notice) return false
      const { id: user_id } = user
      await deleteLaterNotMeTokens(tx, user_id, notice)
      await markDisowned(tx, user_id, notice)
      await endSessions(tx, { user_id, reason: 'disowned', now: at })
      await revokeUser(tx, user_id, 'disowned', at)
      await forgetDevices(tx, user_id)
      await removeNewPasskeys(tx, user_id, notice.created_at, origin, at)
      await deletePendingChanges(tx, user_id)
      await restoreEmail(tx, user_id, notice, origin)
      const { kind, session_id } = notice
      const entry = { action: 'session.disowned', user_id, details: { kind } } as const
      await recordAudit(tx, { ...entry, session_id: session_id ?? undefined }, origin, at)
      await addToOutbox(tx, 'mail.reset_password', { user_id }, origin.requestId)
      return true
    })

  return {
    async disown(token: string, origin: Origin): Promise<void> {
      const isDone = await disown(token, origin).catch((error) => {
        // Somebody registered the old address in this very moment: it is theirs the second time.
        if (isUniqueViolation(error)) return disown(token, origin)
        throw error
      })
      if (isDone) return relay.flushSoon()
      await recordAudit(sql, { action: 'session.disowned', outcome: 'failure' }, origin, now())
      throw new AppError('invalid_token')
    },
  }
}
