import { countOf } from '../../counts/counts.ts'
import type { Db } from '../../db/client.ts'
import type { Share } from './schemas.ts'

export interface NewShare {
  readonly track_id: string
  readonly created_by: string
  readonly token_hash: Buffer
  readonly label: string | null
  readonly expires_at: Date | null
}

/** Undefined where the track is not one of the user's. */
export async function insertShare(db: Db, share: NewShare, now: Date): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    insert into track_shares (track_id, created_by, token_hash, label, expires_at, created_at)
    select id, owner_id, ${share.token_hash}::bytea, ${share.label}, ${share.expires_at}::timestamptz, ${now}
    from tracks
    where id = ${share.track_id} and owner_id = ${share.created_by} and deleted_at is null
    returning id
  `
  return row?.id
}

const columns = (db: Db) => db`
  s.id, s.track_id, s.label, s.created_at, s.expires_at, s.revoked_at,
  ${countOf(db, 'click_count', db`s.id`)} as click_count
`

/** Of a track that is the user's and still there. */
export async function findOwnShare(db: Db, shareId: string, ownerId: string): Promise<Share | undefined> {
  const [row] = await db<[Share?]>`
    select ${columns(db)}
    from track_shares s
    join tracks t on t.id = s.track_id
    where s.id = ${shareId} and t.owner_id = ${ownerId} and t.deleted_at is null
  `
  return row
}

export interface SharePlace {
  /** Only shares older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export async function listShares(db: Db, trackId: string, { before, limit }: SharePlace): Promise<Share[]> {
  return db<Share[]>`
    select ${columns(db)}
    from track_shares s
    where s.track_id = ${trackId} ${before === undefined ? db`` : db`and s.id < ${before}`}
    order by s.id desc
    limit ${limit}
  `
}

export async function isOwnTrack(db: Db, trackId: string, ownerId: string): Promise<boolean> {
  const rows = await db`
    select from tracks where id = ${trackId} and owner_id = ${ownerId} and deleted_at is null
  `
  return rows.length > 0
}

/** False where there is none, or none of the user's. What is revoked stays with the time that it was first. */
export async function markRevoked(db: Db, shareId: string, ownerId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update track_shares s
    set revoked_at = coalesce(s.revoked_at, ${now})
    from tracks t
    where s.id = ${shareId} and t.id = s.track_id and t.owner_id = ${ownerId} and t.deleted_at is null
  `
  return count === 1
}

export interface LiveShare {
  readonly id: string
  readonly track_id: string
  readonly expires_at: Date | null
}

export async function findLiveShare(db: Db, tokenHash: Buffer, now: Date): Promise<LiveShare | undefined> {
  const [row] = await db<[LiveShare?]>`
    select id, track_id, expires_at
    from track_shares
    where token_hash = ${tokenHash} and revoked_at is null and (expires_at is null or expires_at > ${now})
  `
  return row
}

/** False for a visitor who followed the link that day already. */
export async function insertClick(db: Db, shareId: string, day: string, visitor: Buffer): Promise<boolean> {
  const { count } = await db`
    insert into share_clicks (share_id, day, visitor) values (${shareId}, ${day}::date, ${visitor})
    on conflict do nothing
  `
  return count === 1
}

export async function deleteSharesOf(db: Db, userId: string): Promise<void> {
  await db`delete from track_shares where created_by = ${userId}`
}
