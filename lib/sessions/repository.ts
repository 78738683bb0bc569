import type { Actor } from '../auth/actor.ts'
import type { Suspension } from '../auth/suspension.ts'
import type { Db } from '../db/client.ts'
import type { PresentedToken } from './refresh-tokens.ts'

export interface NewSession {
  readonly user_id: string
  readonly ip: string
  readonly user_agent: string
  readonly device_id: string | null
  readonly auth_time: Date
  readonly acr: Actor['acr']
  readonly is_cookie: boolean
  readonly is_persistent: boolean
  readonly created_at: Date
  readonly idle_expires_at: Date
  readonly expires_at: Date
}

export interface Owner extends Suspension, Pick<Actor, 'token_version'> {
  readonly deleted_at: Date | null
  /** Before this time; null for the first ever. */
  readonly last_login_at: Date | null
}

/** Locks the row, so that the sign-ins of one user queue up and what they count stays true. */
export async function markSignedIn(db: Db, userId: string, now: Date): Promise<Owner | undefined> {
  const [row] = await db<[Owner?]>`
    update users set last_login_at = ${now}
    where id = ${userId}
    returning token_version, suspended_at, suspended_until, deleted_at, old.last_login_at
  `
  return row
}

/** Starts a family with its first refresh token. */
export async function insertSession(db: Db, session: NewSession, tokenHash: Buffer): Promise<string> {
  const values = { ...session, last_seen_at: session.created_at }
  const [row] = await db<[{ session_id: string }]>`
    with session as (
      insert into sessions ${db(values)}
      returning id, counter
    )
    insert into refresh_tokens (token_hash, session_id, counter)
    select ${tokenHash}, id, counter from session
    returning session_id
  `
  return row.session_id
}

export interface PresentedTokenRow extends PresentedToken, Pick<Actor, 'token_version' | 'acr'> {
  readonly session_id: string
  readonly user_id: string
  readonly sealed_successor: string | null
  readonly auth_time: Date
  readonly is_cookie: boolean
  readonly is_persistent: boolean
}

/** Locks the session of the token, so that refreshes of one family queue up. */
export async function lockPresentedToken(db: Db, tokenHash: Buffer): Promise<PresentedTokenRow | undefined> {
  const [row] = await db<[PresentedTokenRow?]>`
    select
      token.counter as token_counter, session.id as session_id, session.user_id, session.counter,
      session.rotated_at, session.sealed_successor, session.created_at, session.last_seen_at,
      session.idle_expires_at, session.expires_at, session.revoked_at, session.auth_time, session.acr,
      session.is_cookie, session.is_persistent,
      users.role, users.token_version, users.suspended_at, users.suspended_until, users.deleted_at
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
  readonly expires_at: Date
}

export async function rotateSession(db: Db, rotation: Rotation): Promise<void> {
  const { session_id, token_hash, sealed_successor, rotated_at, idle_expires_at, expires_at } = rotation
  await db`
    with session as (
      update sessions
      set counter = counter + 1, rotated_at = ${rotated_at}, last_seen_at = ${rotated_at},
        sealed_successor = ${sealed_successor}, idle_expires_at = ${idle_expires_at},
        expires_at = ${expires_at}
      where id = ${session_id}
      returning id, counter
    )
    insert into refresh_tokens (token_hash, session_id, counter)
    select ${token_hash}, id, counter from session
  `
}

/** A session past its time stands for nothing, and is left as it is. */
const isLive = (db: Db, now: Date) =>
  db`revoked_at is null and idle_expires_at > ${now} and expires_at > ${now}`

/** False where the user has no such session that is live. */
export async function markRevoked(
  db: Db,
  sessionId: string,
  userId: string,
  reason: string,
  now: Date,
): Promise<boolean> {
  const { count } = await db`
    update sessions
    set revoked_at = ${now}, revoked_reason = ${reason}, sealed_successor = null
    where id = ${sessionId} and user_id = ${userId} and ${isLive(db, now)}
  `
  return count === 1
}

/** Ends every live session but the excepted one, and names them. */
export async function markAllRevoked(
  db: Db,
  userId: string,
  except: string | undefined,
  reason: string,
  now: Date,
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    update sessions
    set revoked_at = ${now}, revoked_reason = ${reason}, sealed_successor = null
    where user_id = ${userId} and id is distinct from ${except ?? null} and ${isLive(db, now)}
    returning id
  `
  return rows.map(({ id }) => id)
}

/** Ends the live sessions of the user beyond the `kept` ones that were used last, and names them. */
export async function markEvicted(db: Db, userId: string, kept: number, now: Date): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    update sessions
    set revoked_at = ${now}, revoked_reason = 'evicted', sealed_successor = null
    where id in (
      select id from sessions
      where user_id = ${userId} and ${isLive(db, now)}
      order by last_seen_at desc, id desc
      offset ${kept}
    )
    returning id
  `
  return rows.map(({ id }) => id)
}

export interface SteppedUpSession extends Pick<Actor, 'acr' | 'session_id'> {
  readonly user_id: string
  readonly auth_time: Date
}

/** False where the session has ended. */
export async function markSteppedUp(db: Db, session: SteppedUpSession): Promise<boolean> {
  const { session_id, user_id, acr, auth_time } = session
  const { count } = await db`
    update sessions
    set auth_time = ${auth_time}, acr = ${acr}
    where id = ${session_id} and user_id = ${user_id} and ${isLive(db, auth_time)}
  `
  return count === 1
}

/** Kills every access token of the user that was signed before. */
export async function raiseTokenVersion(db: Db, userId: string): Promise<void> {
  await db`update users set token_version = token_version + 1 where id = ${userId}`
}

/** The second factor is asked for again on the device of this session, or without one on all of the user's. */
export async function forgetSecondFactor(db: Db, userId: string, sessionId?: string): Promise<void> {
  await db`
    update devices
    set second_factor_at = null, trusted_until = null
    where user_id = ${userId} and trusted_until is not null and ${
      sessionId === undefined
        ? db`true`
        : db`id = (select device_id from sessions where id = ${sessionId} and user_id = ${userId})`
    }
  `
}

export interface SessionRow {
  readonly id: string
  readonly ip: string | null
  readonly user_agent: string
  readonly created_at: Date
  readonly last_seen_at: Date
  readonly expires_at: Date
  readonly is_device_remembered: boolean
}

/** The live ones, the newest first; one more than `limit`. */
export async function listSessions(
  db: Db,
  userId: string,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
  now: Date,
): Promise<SessionRow[]> {
  return db<SessionRow[]>`
    select id, host(ip) as ip, user_agent, created_at, last_seen_at,
      least(idle_expires_at, expires_at) as expires_at,
      exists (
        select from devices
        where devices.id = sessions.device_id and devices.trusted_until > ${now}
      ) as is_device_remembered
    from sessions
    where user_id = ${userId} and ${isLive(db, now)} and ${before === undefined ? db`true` : db`id < ${before}`}
    order by id desc
    limit ${limit + 1}
  `
}

export async function markAssured(db: Db, sessionId: string): Promise<void> {
  await db`update sessions set acr = 'aal2' where id = ${sessionId}`
}

/** What decides whether an access token of the session still counts. */
export async function findSessionState(db: Db, sessionId: string, userId: string) {
  const [row] = await db<[SessionState?]>`
    select session.idle_expires_at, session.expires_at, session.revoked_at, users.suspended_at,
      users.suspended_until, users.deleted_at, users.token_version
    from sessions session
    join users on users.id = session.user_id
    where session.id = ${sessionId} and session.user_id = ${userId}
  `
  return row
}

export interface SessionState extends Suspension {
  readonly idle_expires_at: Date
  readonly expires_at: Date
  readonly revoked_at: Date | null
  readonly deleted_at: Date | null
  readonly token_version: number
}
