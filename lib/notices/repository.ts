import type { Db } from '../db/client.ts'
import type { NoticeKind } from './notices.ts'

export interface NewNotMeToken {
  readonly token_hash: Buffer
  readonly user_id: string
  readonly notice_id: string
  readonly session_id: string | null
  readonly created_at: Date
  readonly expires_at: Date
}

export async function insertNotMeToken(db: Db, token: NewNotMeToken): Promise<void> {
  const row = { ...token, purpose: 'not_me' }
  await db`insert into email_tokens ${db(row)}`
}

/** Locks whose link it is, so that of several that are followed at once one comes after the other. */
export async function lockDisowner(db: Db, tokenHash: Buffer, now: Date) {
  const [row] = await db<[{ id: string; email: string }?]>`
    select id, email
    from users
    where deleted_at is null and id = (
      select user_id from email_tokens
      where token_hash = ${tokenHash} and purpose = 'not_me' and expires_at > ${now}
    )
    for no key update
  `
  return row
}

export interface DisownedNotice {
  readonly id: string
  readonly kind: NoticeKind
  readonly email: string
  readonly session_id: string | null
  readonly created_at: Date
}

/** Uses the link up. */
export async function takeNotMeToken(db: Db, tokenHash: Buffer): Promise<DisownedNotice | undefined> {
  const [row] = await db<[DisownedNotice?]>`
    with taken as (
      delete from email_tokens where token_hash = ${tokenHash} and purpose = 'not_me' returning notice_id
    )
    select id, kind, email, session_id, created_at
    from security_notices
    where id = (select notice_id from taken)
  `
  return row
}

/**
 * Ends the links of this notice and of later ones, which may have been mailed to whoever took the account over.
 * Those of earlier ones stay, so that whoever that is cannot end them either.
 */
export async function deleteLaterNotMeTokens(db: Db, userId: string, notice: DisownedNotice): Promise<void> {
  await db`
    delete from email_tokens
    where user_id = ${userId} and purpose = 'not_me' and notice_id in (
      select id from security_notices where user_id = ${userId} and created_at >= ${notice.created_at}
    )
  `
}

/**
 * Nobody gets in before the password was replaced by way of a mail, and no token that is out counts. A deletion that
 * was asked for with or after the notice is off: its own link is gone.
 */
export async function markDisowned(db: Db, userId: string, { created_at }: DisownedNotice): Promise<void> {
  await db`
    update users
    set must_reset_password = true, token_version = token_version + 1, revision = revision + 1,
      deletes_at = case when not exists (
        select from security_notices
        where user_id = ${userId} and kind = 'deletion_requested' and created_at >= ${created_at}
      ) then deletes_at end
    where id = ${userId}
  `
}

/** The address that the account had before it was moved with or after the notice. */
export async function findFormerEmail(
  db: Db,
  userId: string,
  { created_at }: DisownedNotice,
): Promise<string | undefined> {
  const [row] = await db<[{ email: string }?]>`
    select email
    from security_notices
    where user_id = ${userId} and kind = 'email_changed' and created_at >= ${created_at}
    order by created_at, id
    limit 1
  `
  return row?.email
}

/** False when the address is somebody else's by now. */
export async function markEmailRestored(db: Db, userId: string, email: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update users
    set email = ${email}, email_verified_at = ${now}
    where id = ${userId} and not exists (select from users where email = ${email} and id <> ${userId})
  `
  return count === 1
}

/** Whatever else was under way to change how the account is entered. */
export async function deletePendingChanges(db: Db, userId: string): Promise<void> {
  await db`delete from email_changes where user_id = ${userId}`
  await db`
    delete from email_tokens
    where user_id = ${userId} and purpose in ('reset_password', 'change_email_old', 'change_email_new')
  `
}
