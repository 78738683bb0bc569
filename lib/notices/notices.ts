import { longestUserAgent, type Origin } from '../audit/record.ts'
import type { Db } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'

/** What a user is told of by mail whether they want to or not, each in a letter of its own. */
export const toldKinds = [
  'new_device',
  'password_changed',
  'password_reset',
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

export type ToldKind = (typeof toldKinds)[number]

/** The last is part of the letter that asks to agree to a new address. */
export type NoticeKind = ToldKind | 'email_change_requested'

export interface Notice {
  readonly user_id: string
  readonly kind: NoticeKind
  /** The session it happened in: what the link "this was not me" ends. */
  readonly session_id?: string | undefined
  /** Where it goes, if not to the user's present address. */
  readonly email?: string
}

export type ToldNotice = Notice & { readonly kind: ToldKind }

/** Has a mail sent about what the transaction does. */
export async function addNotice(tx: Db, notice: ToldNotice, origin: Origin, now: Date): Promise<void> {
  const notice_id = await insertNotice(tx, notice, origin, now)
  await addToOutbox(tx, 'mail.security_notice', { notice_id }, origin.requestId)
}

/** For a letter that is about more than the notice; answers with its id. */
export async function insertNotice(tx: Db, notice: Notice, origin: Origin, now: Date): Promise<string> {
  const { user_id, kind, session_id, email } = notice
  const [row] = await tx<[{ id: string }]>`
    insert into security_notices (user_id, kind, email, session_id, ip, user_agent, created_at)
    select id, ${kind}, coalesce(${email ?? null}, users.email), ${session_id ?? null}::uuid,
      ${origin.ip || null}::inet, ${origin.userAgent.slice(0, longestUserAgent)}, ${now}
    from users where id = ${user_id}
    returning id
  `
  return row.id
}
