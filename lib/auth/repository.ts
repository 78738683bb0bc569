import type { Db } from '../db/client.ts'
import type { Actor } from './actor.ts'
import type { Suspension } from './suspension.ts'

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
    on conflict (username) do update set held_until = excluded.held_until, user_id = null
  `
}

export async function findUserIdByEmail(db: Db, email: string): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    select id from users where email = ${email} and deleted_at is null
  `
  return row?.id
}

/** False when the address is verified already, so that of two uses at once one wins. */
export async function markEmailVerified(db: Db, userId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update users
    set email_verified_at = ${now}, revision = revision + 1
    where id = ${userId} and email_verified_at is null and deleted_at is null
  `
  return count === 1
}

export interface Credentials extends Pick<Actor, 'id' | 'role' | 'token_version'>, Suspension {
  readonly password_hash: string
  readonly email_verified_at: Date | null
  readonly must_reset_password: boolean
  readonly deletes_at: Date | null
}

const credentials = (db: Db) => db`
  id, role, token_version, password_hash, email_verified_at, suspended_at, suspended_until,
  must_reset_password, deletes_at
`

/** A username holds no @, an address always does. */
export async function findCredentials(db: Db, identifier: string): Promise<Credentials | undefined> {
  const [row] = await db<[Credentials?]>`
    select ${credentials(db)}
    from users
    where ${identifier.includes('@') ? db`email = ${identifier}` : db`username = ${identifier}`}
      and deleted_at is null
  `
  return row
}

export async function findCredentialsById(db: Db, id: string): Promise<Credentials | undefined> {
  const [row] = await db<[Credentials?]>`
    select ${credentials(db)} from users where id = ${id} and deleted_at is null
  `
  return row
}
