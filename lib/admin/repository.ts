import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/client.ts'
import { emailStatus } from '../mail-feedback/standing.ts'
import type { AdminUser, ListUsers } from './schemas.ts'

/** As `isSuspended` has it. */
const isSuspended = (db: Db, now: Date) =>
  db`(suspended_at is not null and (suspended_until is null or suspended_until > ${now}))`

export interface UserFilter extends Pick<ListUsers, 'q' | 'status'> {
  /** Only users that registered before the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first; tombstones are nobody. */
export async function listUsers(
  db: Db,
  { q, status, before, limit }: UserFilter,
  now: Date,
): Promise<AdminUser[]> {
  const begins = q === undefined ? undefined : `${q.replace(/[\\%_]/g, '\\$&')}%`
  return db<AdminUser[]>`
    select
      id, username, display_name, email, ${emailStatus(db)}, role, bio, location, website, social_links,
      avatar_sha256 as avatar_url, is_verified,
      email_verified_at is not null as email_verified, last_login_at,
      case when ${isSuspended(db, now)} then suspended_at end as suspended_at,
      case when ${isSuspended(db, now)} then suspended_until end as suspended_until,
      case when ${isSuspended(db, now)} then suspended_reason end as suspended_reason,
      m.muted_at as chat_muted_at, m.muted_until as chat_muted_until, m.reason as chat_mute_reason,
      coalesce(settings->>'profile_visibility' = 'private', false) as is_private, deletes_at,
      created_at, updated_at
    from users
    left join chat_mutes m on m.user_id = users.id and (m.muted_until is null or m.muted_until > ${now})
    where deleted_at is null
      ${begins === undefined ? db`` : db`and (username like ${begins} or email like ${begins})`}
      ${status === undefined ? db`` : db`and ${isSuspended(db, now)} = ${status === 'suspended'}`}
      ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `
}

export interface Admin {
  readonly id: string
  /** May act. */
  readonly is_active: boolean
  /** Will go on to be one: nobody has suspended them, and they do not mean to leave. */
  readonly is_lasting: boolean
}

/** Every admin, locked: whoever else would change who is one waits. */
export async function lockAdmins(db: Db, now: Date): Promise<Admin[]> {
  return db<Admin[]>`
    select id, not ${isSuspended(db, now)} as is_active,
      not ${isSuspended(db, now)} and deletes_at is null as is_lasting
    from users
    where role = 'admin' and deleted_at is null
    order by id
    for no key update
  `
}

export interface Target {
  readonly id: string
  readonly role: Actor['role']
  readonly is_suspended: boolean
}

export async function lockTarget(db: Db, userId: string, now: Date): Promise<Target | undefined> {
  const [row] = await db<[Target?]>`
    select id, role, ${isSuspended(db, now)} as is_suspended
    from users
    where id = ${userId} and deleted_at is null
    for no key update
  `
  return row
}

export interface Suspension {
  readonly at: Date | null
  readonly until: Date | null
  readonly reason: string | null
}

export async function markSuspended(
  db: Db,
  userId: string,
  { at, until, reason }: Suspension,
): Promise<void> {
  await db`
    update users
    set suspended_at = ${at}, suspended_until = ${until}, suspended_reason = ${reason}
    where id = ${userId}
  `
}

/** Tokens that name the old role die with it. */
export async function markRole(db: Db, userId: string, role: Actor['role'], now: Date): Promise<void> {
  await db`
    update users
    set role = ${role}, token_version = token_version + 1, revision = revision + 1, updated_at = ${now}
    where id = ${userId}
  `
}

/** Only an address that was proved to be somebody's. */
export async function lockUserByEmail(db: Db, email: string) {
  const [row] = await db<[{ id: string; username: string; role: Actor['role'] }?]>`
    select id, username, role
    from users
    where email = ${email} and email_verified_at is not null and deleted_at is null
    for no key update
  `
  return row
}
