import { countsOf } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import { emailStatus } from '../mail-feedback/standing.ts'
import { followsBack, isFollowed } from '../relations/columns.ts'
import { isUnblocked } from '../relations/hiding.ts'
import type { ProfileFacts } from './completion.ts'
import type { NamedUser, OwnUser, Profile, UpdateUser } from './schemas.ts'
import type { Settings, UpdateSettings } from './settings.ts'
import { isShown, showsLikes } from './visibility.ts'

export type UserRow = OwnUser & { readonly revision: number }
export type ProfileRow = Profile & { readonly revision: number }

const columns = (db: Db) => db`
  id, username, display_name, email, ${emailStatus(db)}, role, bio, location, website, social_links,
  avatar_sha256 as avatar_url, is_verified, ${isPrivate(db)} as is_private, deletes_at, revision,
  created_at, updated_at
`

const isPrivate = (db: Db) => db`coalesce(settings->>'profile_visibility' = 'private', false)`

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  const [row] = await db<[UserRow?]>`
    select ${columns(db)} from users where id = ${id} and deleted_at is null
  `
  return row
}

/** The public columns, with what stands beside them as the viewer sees it. */
export async function findProfile(
  db: Db,
  username: string,
  viewerId: string | undefined,
): Promise<ProfileRow | undefined> {
  const [row] = await db<[ProfileRow?]>`
    select
      u.id, u.username, u.display_name, u.role, u.bio, u.location, u.website, u.social_links,
      u.avatar_sha256 as avatar_url, u.is_verified, ${isPrivate(db)} as is_private, u.revision,
      u.created_at, u.updated_at,
      n.follower_count, n.following_count,
      (
        select count(*) from tracks t
        where t.owner_id = u.id and t.deleted_at is null and t.status = 'ready' and t.visibility = 'public'
          and t.hidden_at is null and ${isUnblocked(db, viewerId, db`u.id`)}
      )::int as track_count,
      ${relationTo(db, viewerId)} as relation
    from users u
    ${countsOf(db, db`u.id`, ['follower_count', 'following_count'])}
    where u.username = ${username} and ${isShown(db, viewerId)}
  `
  return row
}

const relationTo = (db: Db, viewerId: string | undefined) =>
  viewerId === undefined
    ? db`null`
    : db`
      case when u.id <> ${viewerId} then json_build_object(
        'is_followed', ${isFollowed(db, viewerId)},
        'follows_you', ${followsBack(db, viewerId)},
        'is_blocked', exists (select from blocks b where b.blocker_id = ${viewerId} and b.blocked_id = u.id),
        'is_muted', exists (select from mutes m where m.muter_id = ${viewerId} and m.muted_id = u.id)
      ) end
    `

/** Whoever has the name and is there for the viewer; `evenIfHidden` also finds whom the viewer has to do with. */
export async function findNamedUser(
  db: Db,
  username: string,
  viewerId: string | undefined,
  { evenIfHidden = false } = {},
): Promise<NamedUser | undefined> {
  const [row] = await db<[NamedUser?]>`
    select
      u.id, ${isPrivate(db)} as is_private, ${showsLikes(db)} as show_likes,
      coalesce((u.settings->>'show_history')::boolean, false) as show_history
    from users u
    where u.username = ${username}
      and (${isShown(db, viewerId)} ${evenIfHidden ? db`or ${hasToDoWith(db, viewerId)}` : db``})
  `
  return row
}

const hasToDoWith = (db: Db, viewerId: string | undefined) => db`(
  ${isFollowed(db, viewerId)}
  or exists (select from blocks b where b.blocker_id = ${viewerId ?? null} and b.blocked_id = u.id)
  or exists (select from mutes m where m.muter_id = ${viewerId ?? null} and m.muted_id = u.id)
)`

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
      username, display_name, bio, location, website, social_links, avatar_sha256, email_verified_at,
      exists (select from totp_factors where user_id = ${id} and enabled_at is not null)
        or exists (select from passkeys where user_id = ${id}) as has_second_factor
    from users
    where id = ${id} and deleted_at is null
  `
  return row
}
