import type { Db } from '../db/client.ts'
import type { Actor } from './actor.ts'
import type { PresentedToken } from './refresh-tokens.ts'

export interface NewUser {
  readonly email: string
  readonly username: string
  readonly display_name: string
  readonly password_hash: string
}

/** What a registration of these names runs into. */
export async function findClash(db: Db, { username, email }: NewUser, now: Date) {
  const [row] = await db<[{ is_username_taken: boolean; owner_id: string | null }]>`
    select
      exists (select from users where username = ${username})
        or exists (select from username_holds where username = ${username} and held_until > ${now})
        as is_username_taken,
      (select id from users where email = ${email}) as owner_id
  `
  return row
}

/** Undefined when another registration of one of the names was faster. */
export async function insertUser(db: Db, user: NewUser): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    insert into users ${db({ ...user }, 'email', 'username', 'display_name', 'password_hash')}
    on conflict do nothing
    returning id
  `
  return row?.id
}

export async function insertUsernameHold(db: Db, username: string, heldUntil: Date): Promise<void> {
  await db`
    insert into username_holds (username, held_until) values (${username}, ${heldUntil})
    on conflict (username) do update set held_until = excluded.held_until
  `
}

export async function findUserIdByEmail(db: Db, email: string): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`select id from users where email = ${email}`
  return row?.id
}

export interface NewEmailToken {
  readonly token_hash: Buffer
  readonly user_id: string
  readonly created_at: Date
  readonly expires_at: Date
}

export async function insertEmailToken(db: Db, token: NewEmailToken): Promise<void> {
  await db`
    insert into email_tokens (token_hash, user_id, purpose, created_at, expires_at)
    values (${token.token_hash}, ${token.user_id}, 'verify_email', ${token.created_at}, ${token.expires_at})
  `
}

/** Keeps the latest unexpired tokens of the user. */
export async function pruneEmailTokens(db: Db, userId: string, now: Date, kept: number): Promise<void> {
  await db`
    delete from email_tokens
    where user_id = ${userId} and purpose = 'verify_email' and token_hash not in (
      select token_hash from email_tokens
      where user_id = ${userId} and purpose = 'verify_email' and expires_at > ${now}
      order by created_at desc
      limit ${kept}
    )
  `
}

export async function findEmailTokenOwner(db: Db, tokenHash: Buffer, now: Date): Promise<string | undefined> {
  const [row] = await db<[{ user_id: string }?]>`
    select user_id from email_tokens
    where token_hash = ${tokenHash} and purpose = 'verify_email' and expires_at > ${now}
  `
  return row?.user_id
}

/** False when the address is verified already, so that of two uses at once one wins. */
export async function markEmailVerified(db: Db, userId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update users
    set email_verified_at = ${now}, revision = revision + 1
    where id = ${userId} and email_verified_at is null
  `
  return count === 1
}

export async function deleteEmailTokens(db: Db, userId: string): Promise<void> {
  await db`delete from email_tokens where user_id = ${userId} and purpose = 'verify_email'`
}

export interface Credentials extends Pick<Actor, 'id' | 'role' | 'token_version'> {
  readonly password_hash: string
  readonly email_verified_at: Date | null
  readonly suspended_at: Date | null
}

/** A username holds no @, an address always does. */
export async function findCredentials(db: Db, identifier: string): Promise<Credentials | undefined> {
  const [row] = await db<[Credentials?]>`
    select id, role, token_version, password_hash, email_verified_at, suspended_at
    from users
    where ${identifier.includes('@') ? db`email = ${identifier}` : db`username = ${identifier}`}
  `
  return row
}

export interface NewSession {
  readonly user_id: string
  readonly ip: string
  readonly user_agent: string
  readonly created_at: Date
  readonly idle_expires_at: Date
  readonly expires_at: Date
}

/** Starts a family with its first refresh token. */
export async function insertSession(db: Db, session: NewSession, tokenHash: Buffer): Promise<string> {
  const { user_id, ip, user_agent, created_at, idle_expires_at, expires_at } = session
  const [row] = await db<[{ session_id: string }]>`
    with session as (
      insert into sessions (user_id, ip, user_agent, created_at, last_seen_at, idle_expires_at, expires_at)
      values (
        ${user_id}, ${ip}, ${user_agent}, ${created_at}, ${created_at}, ${idle_expires_at}, ${expires_at}
      )
      returning id, counter
    )
    insert into refresh_tokens (token_hash, session_id, counter)
    select ${tokenHash}, id, counter from session
    returning session_id
  `
  return row.session_id
}

export interface PresentedTokenRow extends PresentedToken, Pick<Actor, 'role' | 'token_version'> {
  readonly session_id: string
  readonly user_id: string
  readonly sealed_successor: string | null
}

/** Locks the session of the token, so that refreshes of one family queue up. */
export async function lockPresentedToken(db: Db, tokenHash: Buffer): Promise<PresentedTokenRow | undefined> {
  const [row] = await db<[PresentedTokenRow?]>`
    select
      token.counter as token_counter, session.id as session_id, session.user_id, session.counter,
      session.rotated_at, session.sealed_successor, session.idle_expires_at, session.expires_at,
      session.revoked_at, users.role, users.token_version, users.suspended_at
    from refresh_tokens token
    join sessions session on session.id = token.session_id
    join users on users.id = session.user_id
    where token.token_hash = ${tokenHash}
    for update of session
  `
  return row
}

export interface Rotation {
  readonly session_id: string
  readonly token_hash: Buffer
  readonly sealed_successor: string
  readonly rotated_at: Date
  readonly idle_expires_at: Date
}

export async function rotateSession(db: Db, rotation: Rotation): Promise<void> {
  const { session_id, token_hash, sealed_successor, rotated_at, idle_expires_at } = rotation
  await db`
    with session as (
      update sessions
      set counter = counter + 1, rotated_at = ${rotated_at}, last_seen_at = ${rotated_at},
        sealed_successor = ${sealed_successor}, idle_expires_at = ${idle_expires_at}
      where id = ${session_id}
      returning id, counter
    )
    insert into refresh_tokens (token_hash, session_id, counter)
    select ${token_hash}, id, counter from session
  `
}

export async function markRevoked(db: Db, sessionId: string, reason: string, now: Date): Promise<void> {
  await db`
    update sessions
    set revoked_at = ${now}, revoked_reason = ${reason}, sealed_successor = null
    where id = ${sessionId} and revoked_at is null
  `
}

/** What decides whether an access token of the session still counts. */
export async function findSessionState(db: Db, sessionId: string, userId: string) {
  const [row] = await db<[SessionState?]>`
    select session.idle_expires_at, session.expires_at, session.revoked_at, users.suspended_at,
      users.token_version
    from sessions session
    join users on users.id = session.user_id
    where session.id = ${sessionId} and session.user_id = ${userId}
  `
  return row
}

export interface SessionState {
  readonly idle_expires_at: Date
  readonly expires_at: Date
  readonly revoked_at: Date | null
  readonly suspended_at: Date | null
  readonly token_version: number
}
