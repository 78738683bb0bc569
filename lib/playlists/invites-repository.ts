import type { Db, Fragment } from '../db/client.ts'
import type { InviteLink } from './invite-schemas.ts'

const columns = (db: Db): Fragment => db`id, role, max_uses, use_count, expires_at, created_at`

interface NewInviteLink extends Pick<InviteLink, 'role' | 'max_uses' | 'expires_at'> {
  readonly playlist_id: string
  readonly token_hash: Buffer
}

export async function insertInviteLink(db: Db, link: NewInviteLink, now: Date): Promise<InviteLink> {
  const [row] = await db<[InviteLink]>`
    insert into playlist_invite_links ${db({ ...link, created_at: now })}
    returning ${columns(db)}
  `
  return row
}

export async function countInviteLinks(db: Db, playlistId: string): Promise<number> {
  const [{ count }] = await db<[{ count: number }]>`
    select count(*)::int as count from playlist_invite_links where playlist_id = ${playlistId}
  `
  return count
}

interface InvitePlace {
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listInviteLinks(
  db: Db,
  playlistId: string,
  { before, limit }: InvitePlace,
): Promise<InviteLink[]> {
  return db<InviteLink[]>`
    select ${columns(db)}
    from playlist_invite_links
    where playlist_id = ${playlistId} ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `
}

/** False where there is none. */
export async function deleteInviteLink(db: Db, playlistId: string, linkId: string): Promise<boolean> {
  const { count } = await db`
    delete from playlist_invite_links where id = ${linkId} and playlist_id = ${playlistId}
  `
  return count === 1
}

export interface OpenInvite {
  readonly id: string
  readonly playlist_id: string
  readonly owner_id: string
  readonly role: 'editor' | 'viewer'
  readonly is_used_up: boolean
}

/** A link that is not over. */
export async function findOpenInvite(db: Db, tokenHash: Buffer, now: Date): Promise<OpenInvite | undefined> {
  const [row] = await db<[OpenInvite?]>`
    select
      link.id, link.playlist_id, p.owner_id, link.role,
      coalesce(link.use_count >= link.max_uses, false) as is_used_up
    from playlist_invite_links link
    join playlists p on p.id = link.playlist_id
    join users o on o.id = p.owner_id
    where link.token_hash = ${tokenHash} and link.expires_at > ${now} and o.deletes_at is null
  `
  return row
}

export async function countUse(db: Db, linkId: string): Promise<void> {
  await db`update playlist_invite_links set use_count = use_count + 1 where id = ${linkId}`
}
