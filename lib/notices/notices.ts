import type { Origin } from '../audit/record.ts'
import { longestUserAgent } from '../audit/record.ts'
import type { Db } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'

/** What a user is told of by mail whether they want to or not. */
export const noticeKinds = [
  'new_device',
  'password_changed',
  'password_reset',
  'email_change_requested',
  'email_changed',
  'two_factor_enabled',
  'two_factor_disabled',
  'recovery_code_used',
  'recovery_codes_replaced',
  'passkey_added',
  'passkey_removed',
  'session_revoked',
  'session_evicted',
  'deletion_requested',
] as const

export type NoticeKind = (typeof noticeKinds)[number]

export interface Notice {
  readonly user_id: string
  readonly kind: NoticeKind
  /** The session it happened in: what the link "this was not me" ends. */
  readonly session_id?: string | undefined
  /** Where it goes, if not to the user's present address. */
  readonly email?: string
}

/** Has a mail sent about what the transaction does. */
export async function addNotice(tx: Db, notice: Notice, origin: Origin, now: Date): Promise<void> {
  const { user_id, kind, session_id, email } = notice
  const [row] = await tx<[{ id: string }]>`
    insert into security_notices (user_id, kind, email, session_id, ip, user_agent, created_at)
    select id, ${kind}, coalesce(${email ?? null}, users.email), ${session_id ?? null}::uuid,
      ${origin.ip || null}::inet, ${origin.userAgent.slice(0, longestUserAgent)}, ${now}
    from users where id = ${user_id}
    returning id
  `
  await addToOutbox(tx, 'mail.security_notice', { notice_id: row.id }, origin.requestId)
}
