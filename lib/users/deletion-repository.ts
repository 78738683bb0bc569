import type { Db } from '../db/client.ts'

export async function markDeletionRequested(db: Db, id: string, deletesAt: Date, now: Date): Promise<void> {
  await db`
    update users
    set deletes_at = ${deletesAt}, updated_at = ${now}, revision = revision + 1
    where id = ${id}
  `
}

/** False where no deletion was asked for. */
export async function markRestored(db: Db, id: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update users
    set deletes_at = null, updated_at = ${now}, revision = revision + 1
    where id = ${id} and deletes_at is not null and deleted_at is null
  `
  return count === 1
}

export interface DueAccount {
  readonly id: string
  readonly username: string
}

/** The account that has been due for longest, locked; none that somebody else is at. */
export async function lockDueAccount(db: Db, now: Date): Promise<DueAccount | undefined> {
  const [row] = await db<[DueAccount?]>`
    select id, username
    from users
    where deletes_at <= ${now} and deleted_at is null
    order by deletes_at
    limit 1
    for update skip locked
  `
  return row
}

export interface Tombstone {
  readonly id: string
  readonly username: string
  readonly email: string
}

/** What is left of a user: a row that authorship can point to, with nothing personal and no way in. */
export async function buryUser(db: Db, { id, username, email }: Tombstone, now: Date): Promise<void> {
  await db`
    update users
    set username = ${username}, display_name = 'Deleted user', email = ${email}, email_verified_at = null,
      password_hash = '', role = 'user', bio = '', location = '', website = null, avatar_sha256 = null,
      social_links = '{}', settings = '{}', is_verified = false, suspended_at = null, suspended_until = null,
      suspended_reason = null, must_reset_password = false, username_changed_at = null, last_login_at = null,
      deletes_at = null, deleted_at = ${now}, token_version = token_version + 1, revision = revision + 1,
      updated_at = ${now}
    where id = ${id}
  `
}

/** By which the account was entered or reached, and what told about its use; the audit trail keeps its own time. */
export async function deleteBelongings(db: Db, userId: string): Promise<void> {
  await db`delete from sessions where user_id = ${userId}`
  await db`delete from devices where user_id = ${userId}`
  await db`delete from totp_factors where user_id = ${userId}`
  await db`delete from recovery_code_sets where user_id = ${userId}`
  await db`delete from passkeys where user_id = ${userId}`
  await db`delete from auth_challenges where user_id = ${userId}`
  await db`delete from email_tokens where user_id = ${userId}`
  await db`delete from email_changes where user_id = ${userId}`
  await db`delete from security_notices where user_id = ${userId}`
  await db`delete from trade_notices where user_id = ${userId}`
  await db`delete from chat_mutes where user_id = ${userId}`
  await db`delete from image_uploads where created_by = ${userId}`
  await db`update uploads set rights_confirmed_ip = null where created_by = ${userId} and rights_confirmed_ip is not null`
  await db`delete from idempotency_keys where user_id = ${userId}`
}

/** Names the user gave up stay held, and lead nowhere. */
export async function anonymizeHolds(db: Db, userId: string): Promise<void> {
  await db`update username_holds set user_id = null where user_id = ${userId}`
}
