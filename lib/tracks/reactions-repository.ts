import { type Counter, uncount } from '../counts/counts.ts'
import type { Db } from '../db/client.ts'
import { isUnblocked, isUnmuted } from '../relations/hiding.ts'
import { showsLikes } from '../users/visibility.ts'
import { isVisible, trackTables, type Viewer } from './visibility.ts'

export type ReactionTable = 'track_likes' | 'reposts'

/** Whose track it is, of one that the viewer may see. */
export async function findVisibleOwner(db: Db, trackId: string, viewer: Viewer): Promise<string | undefined> {
  const [row] = await db<[{ owner_id: string }?]>`
    select t.owner_id from ${trackTables(db, viewer)} where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row?.owner_id
}

export interface Reaction {
  readonly track_id: string
  readonly user_id: string
}

/** False where it was there already. */
export async function insertReaction(db: Db, table: ReactionTable, reaction: Reaction, now: Date) {
  const { count } = await db`
    insert into ${db(table)} (track_id, user_id, created_at)
    values (${reaction.track_id}, ${reaction.user_id}, ${now})
    on conflict do nothing
  `
  return count === 1
}

/** False where there was none. */
export async function deleteReaction(db: Db, table: ReactionTable, { track_id, user_id }: Reaction) {
  const { count } = await db`
    delete from ${db(table)} where track_id = ${track_id} and user_id = ${user_id}
  `
  return count === 1
}

/** All that a user gave, with what it counted for. */
export async function deleteReactionsOf(db: Db, table: ReactionTable, counter: Counter, userId: string) {
  await uncount(
    db,
    counter,
    db`delete from ${db(table)} where user_id = ${userId} returning track_id as subject_id`,
  )
}

export interface LikerRow {
  /** Of the like. */
  readonly like_id: string
  readonly id: string
  readonly username: string
  readonly display_name: string
  readonly avatar_url: string | null
  readonly liked_at: Date
}

export interface LikePlace {
  /** Only likes older than the one with this id. */
  readonly before: string | undefined
  readonly limit: number
}

/** Newest first; without those who keep their likes to themselves, and those whom the viewer shall not see. */
export async function listLikers(db: Db, trackId: string, viewer: Viewer, { before, limit }: LikePlace) {
  return db<LikerRow[]>`
    select
      l.id as like_id, u.id, u.username, u.display_name, u.avatar_sha256 as avatar_url,
      l.created_at as liked_at
    from track_likes l
    join users u on u.id = l.user_id
    where l.track_id = ${trackId} ${before === undefined ? db`` : db`and l.id < ${before}`}
      and u.deletes_at is null and u.deleted_at is null
      and (u.id = ${viewer.id ?? null} or ${showsLikes(db)})
      and ${isUnblocked(db, viewer.id, db`u.id`)} and ${isUnmuted(db, viewer.id, db`u.id`)}
    order by l.id desc
    limit ${limit}
  `
}
