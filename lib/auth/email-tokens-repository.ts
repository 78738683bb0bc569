import type { Db } from '../db/client.ts'

export type EmailTokenPurpose = 'verify_email' | 'reset_password' | 'change_email_old' | 'change_email_new'

export interface NewEmailToken {
  readonly token_hash: Buffer
  readonly user_id: string
  readonly purpose: EmailTokenPurpose
  readonly created_at: Date
  readonly expires_at: Date
}

export async function insertEmailToken(db: Db, token: NewEmailToken): Promise<void> {
  await db`
    insert into email_tokens
    ${db({ ...token }, 'token_hash', 'user_id', 'purpose', 'created_at', 'expires_at')}
  `
}

export interface Pruning {
  readonly user_id: string
  readonly purpose: EmailTokenPurpose
  readonly now: Date
  readonly kept: number
}

/** Keeps the latest unexpired tokens of the user. */
export async function pruneEmailTokens(db: Db, { user_id, purpose, now, kept }: Pruning): Promise<void> {
  await db`
    delete from email_tokens
    where user_id = ${user_id} and purpose = ${purpose} and token_hash not in (
      select token_hash from email_tokens
      where user_id = ${user_id} and purpose = ${purpose} and expires_at > ${now}
      order by created_at desc
      limit ${kept}
    )
  `
}

/**
 * Locks the user of a link. Whoever writes to an account by its mailed links does so first, so that two of them
 * queue up here and do not wait for each other's tokens.
 */
export async function lockTokenOwner(db: Db, tokenHash: Buffer): Promise<void> {
  await db`
    select from users
    where id = (select user_id from email_tokens where token_hash = ${tokenHash})
    for no key update
  `
}

/** Undefined when it is used up, has expired or is that of a user who is gone. */
export async function deleteEmailToken(
  db: Db,
  tokenHash: Buffer,
  purposes: readonly EmailTokenPurpose[],
  now: Date,
): Promise<Pick<NewEmailToken, 'user_id' | 'purpose'> | undefined> {
  const [row] = await db<[Pick<NewEmailToken, 'user_id' | 'purpose'>?]>`
    delete from email_tokens
    using users
    where token_hash = ${tokenHash} and purpose = any(${[...purposes]}) and expires_at > ${now}
      and users.id = user_id and deleted_at is null
    returning user_id, purpose
  `
  return row
}

export async function deleteEmailTokens(
  db: Db,
  userId: string,
  purposes: readonly EmailTokenPurpose[],
): Promise<void> {
  await db`delete from email_tokens where user_id = ${userId} and purpose = any(${[...purposes]})`
}
