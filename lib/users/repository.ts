import type { Db } from '../db/client.ts'
import type { OwnUser, UpdateUser } from './schemas.ts'

export type UserRow = OwnUser & { readonly revision: number }

const columns = (db: Db) => db`
  id, username, display_name, email, role, bio, location, website, social_links, avatar_url, is_verified,
  revision, created_at, updated_at
`

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  const [row] = await db<[UserRow?]>`select ${columns(db)} from users where id = ${id}`
  return row
}

/** Whoever has not followed the link in the mail yet is nobody to others. */
export async function findUserIdByName(db: Db, username: string): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    select id from users where username = ${username} and email_verified_at is not null
  `
  return row?.id
}

/** Locks the row, so that a version that was compared stays the present one until the change is written. */
export async function lockUser(db: Db, id: string): Promise<UserRow | undefined> {
  const [row] = await db<[UserRow?]>`select ${columns(db)} from users where id = ${id} for update`
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
