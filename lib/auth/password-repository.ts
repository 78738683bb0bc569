import type { Db } from '../db/client.ts'
import type { Identity } from './password-rules.ts'

export interface PasswordAccount extends Identity {
  readonly id: string
  readonly password_hash: string
}

export async function findPasswordAccount(db: Db, userId: string): Promise<PasswordAccount | undefined> {
  const [row] = await db<[PasswordAccount?]>`
    select id, username, display_name, email, password_hash
    from users
    where id = ${userId} and deleted_at is null
  `
  return row
}

/** Whose password the mailed token may reset; the token stays good. */
export async function findResetAccount(
  db: Db,
  tokenHash: Buffer,
  now: Date,
): Promise<PasswordAccount | undefined> {
  const [row] = await db<[PasswordAccount?]>`
    select users.id, username, display_name, email, password_hash
    from email_tokens
    join users on users.id = user_id
    where token_hash = ${tokenHash} and purpose = 'reset_password' and expires_at > ${now}
      and deleted_at is null
  `
  return row
}

/** Whoever has followed a mailed link has the address, so it is verified by that. */
export async function markPasswordReset(db: Db, userId: string, passwordHash: string, now: Date) {
  await db`
    update users
    set password_hash = ${passwordHash}, password_changed_at = ${now}, must_reset_password = false,
      email_verified_at = coalesce(email_verified_at, ${now}), token_version = token_version + 1
    where id = ${userId}
  `
}

/**
 * False when the password has been replaced since it was read; else it stays until the transaction ends, so that
 * what follows from knowing it cannot slip in behind the end of all sessions.
 */
export async function holdPassword(
  db: Db,
  { id, password_hash }: Pick<PasswordAccount, 'id' | 'password_hash'>,
): Promise<boolean> {
  const { count } = await db`
    select from users
    where id = ${id} and password_hash = ${password_hash} and deleted_at is null
    for no key update
  `
  return count === 1
}

export interface HashChange {
  readonly user_id: string
  readonly from: string
  readonly to: string
}

/** False when the password has been changed meanwhile. */
export async function markPasswordChanged(db: Db, { user_id, from, to }: HashChange, now: Date) {
  const { count } = await db`
    update users
    set password_hash = ${to}, password_changed_at = ${now}
    where id = ${user_id} and password_hash = ${from}
  `
  return count === 1
}

/** Keeps the password under a costlier hash; false when somebody else has replaced it meanwhile. */
export async function replacePasswordHash(db: Db, { user_id, from, to }: HashChange): Promise<boolean> {
  const { count } = await db`
    update users set password_hash = ${to} where id = ${user_id} and password_hash = ${from}
  `
  return count === 1
}
