import type { Db } from '../db/client.ts'
import type { ProfileFacts } from './completion.ts'
import type { OwnUser, UpdateUser } from './schemas.ts'
import type { Settings, UpdateSettings } from './settings.ts'

export type UserRow = OwnUser & { readonly revision: number }

const columns = (db: Db) => db`
  id, username, display_name, email, role, bio, location, website, social_links, avatar_url, is_verified,
  coalesce(settings->>'profile_visibility' = 'private', false) as is_private, deletes_at,
  revision, created_at, updated_at
`

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  const [row] = await db<[UserRow?]>`
    select ${columns(db)} from users where id = ${id} and deleted_at is null
  `
  return row
}

/** Whoever has not followed the link in the mail yet, or is about to be deleted, is nobody to others. */
export const isShown = (db: Db, viewerId: string | undefined) => db`
  users.deleted_at is null and (
    (users.email_verified_at is not null and users.deletes_at is null) or users.id = ${viewerId ?? null}
  )
`

export async function findUserByName(
  db: Db,
  username: string,
  viewerId: string | undefined,
): Promise<UserRow | undefined> {
  const [row] = await db<[UserRow?]>`
    select ${columns(db)} from users where username = ${username} and ${isShown(db, viewerId)}
  `
  return row
}

/** Locks the row, so that a version that was compared stays the present one until the change is written. */
export async function lockUser(db: Db, id: string) {
  const [row] = await db<[(UserRow & { readonly username_changed_at: Date | null })?]>`
    select ${columns(db)}, username_changed_at
    from users
    where id = ${id} and deleted_at is null
    for no key update
  `
  return row
}

export async function markUpdated(db: Db, id: string, changes: UpdateUser, now: Date): Promise<UserRow> {
  const { social_links, ...texts } = changes
  const values = { ...texts, ...(social_links && { social_links: db.json(social_links) }), updated_at: now }
  const [row] = await db<[UserRow]>`
    update users
    set ${db(values)}, revision = revision + 1
    where id = ${id}
    returning ${columns(db)}
  `
  return row
}

export interface StoredSettings {
  readonly settings: Partial<Settings>
  readonly revision: number
}

export async function findSettings(db: Db, id: string): Promise<StoredSettings | undefined> {
  const [row] = await db<[StoredSettings?]>`
    select settings, revision from users where id = ${id} and deleted_at is null
  `
  return row
}

export async function lockSettings(db: Db, id: string): Promise<StoredSettings | undefined> {
  const [row] = await db<[StoredSettings?]>`
    select settings, revision from users where id = ${id} and deleted_at is null for no key update
  `
  return row
}

export async function mergeSettings(db: Db, id: string, changes: UpdateSettings): Promise<StoredSettings> {
  const [row] = await db<[StoredSettings]>`
    update users
    set settings = settings || ${db.json(changes)}, revision = revision + 1
    where id = ${id}
    returning settings, revision
  `
  return row
}

export async function findProfileFacts(db: Db, id: string): Promise<ProfileFacts | undefined> {
  const [row] = await db<[ProfileFacts?]>`
    select
      username, display_name, bio, location, website, social_links, avatar_url, email_verified_at,
      exists (select from totp_factors where user_id = ${id} and enabled_at is not null)
        or exists (select from passkeys where user_id = ${id}) as has_second_factor
    from users
    where id = ${id} and deleted_at is null
  `
  return row
}
