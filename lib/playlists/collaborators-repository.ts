import type { Db } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'
import type { Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { Collaborator, PlaylistRole } from './collaborator-schemas.ts'
import { isPlaylistVisible, playlistTables } from './visibility.ts'

export type CollaboratorRow = Collaborator & { readonly id: string }

interface CollaboratorPlace {
  readonly after: string | undefined
  readonly limit: number
}

/** The viewer's part in a playlist that they may see; null where they have none. */
export async function findPart(
  db: Db,
  playlistId: string,
  viewer: Viewer,
): Promise<{ readonly role: PlaylistRole | null } | undefined> {
  const [row] = await db<[{ role: PlaylistRole | null }?]>`
    select case when p.owner_id = ${viewer.id ?? null} then 'owner' else mine.role end as role
    from ${playlistTables(db, viewer)}
    where p.id = ${playlistId} and ${isPlaylistVisible(db, viewer)}
  `
  return row
}

/** The owner, then the others as they came. The owner's row goes by the id of the playlist, which is older. */
export async function listCollaborators(
  db: Db,
  viewer: Viewer,
  playlistId: string,
  { after, limit }: CollaboratorPlace,
): Promise<CollaboratorRow[]> {
  return db<CollaboratorRow[]>`
    select
      c.id, c.role, c.created_at,
      ${personOf(db, 'u')} as user
    from (
      select id, owner_id as user_id, 'owner' as role, created_at from playlists where id = ${playlistId}
      union all
      select id, user_id, role, created_at from playlist_collaborators where playlist_id = ${playlistId}
    ) c
    join users u on u.id = c.user_id
    where (c.role = 'owner' or (u.deletes_at is null and ${isUnblocked(db, viewer.id, db`u.id`)}))
      ${after === undefined ? db`` : db`and c.id > ${after}`}
    order by c.id
    limit ${limit}
  `
}

export async function countCollaborators(db: Db, playlistId: string): Promise<number> {
  const [{ count }] = await db<[{ count: number }]>`
    select count(*)::int as count from playlist_collaborators where playlist_id = ${playlistId}
  `
  return count
}

export async function findRole(
  db: Db,
  playlistId: string,
  userId: string,
): Promise<'editor' | 'viewer' | undefined> {
  const [row] = await db<[{ role: 'editor' | 'viewer' }?]>`
    select role from playlist_collaborators where playlist_id = ${playlistId} and user_id = ${userId}
  `
  return row?.role
}

/** Whether somebody is there who could be let in. */
export async function isPresent(db: Db, userId: string): Promise<boolean> {
  const rows = await db`
    select from users
    where id = ${userId} and email_verified_at is not null and deletes_at is null and deleted_at is null
  `
  return rows.length > 0
}

export async function upsertCollaborator(
  db: Db,
  playlistId: string,
  userId: string,
  role: 'editor' | 'viewer',
  now: Date,
): Promise<void> {
  await db`
    insert into playlist_collaborators (playlist_id, user_id, role, created_at)
    values (${playlistId}, ${userId}, ${role}, ${now})
    on conflict (playlist_id, user_id) do update set role = excluded.role
  `
}

export async function deleteCollaborator(db: Db, playlistId: string, userId: string): Promise<void> {
  await db`delete from playlist_collaborators where playlist_id = ${playlistId} and user_id = ${userId}`
}

export async function updateOwner(db: Db, playlistId: string, ownerId: string, now: Date): Promise<void> {
  await db`
    update playlists
    set owner_id = ${ownerId}, revision = revision + 1, updated_at = ${now}
    where id = ${playlistId}
  `
}
