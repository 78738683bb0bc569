import type { Db } from '../db/client.ts'
import { isOnVisibleTrack, isReadable } from './columns.ts'
import type { Commenter } from './repository.ts'

export interface LikedComment {
  readonly track_id: string
  readonly author_id: string
  readonly artist_id: string
}

/** What is liked; locked, it is kept from going away until the like is there. */
export async function findLiked(
  db: Db,
  commentId: string,
  viewer: Commenter,
  { isLocked = false } = {},
): Promise<LikedComment | undefined> {
  const [row] = await db<[LikedComment?]>`
    select c.track_id, c.author_id, c.artist_id
    from comments c
    where c.id = ${commentId} and ${isReadable(db, viewer)} and ${isOnVisibleTrack(db, viewer)}
    ${isLocked ? db`for key share of c` : db``}
  `
  return row
}

/** False where there is one already. */
export async function insertLike(
  db: Db,
  commentId: string,
  userId: string,
  authorId: string,
  now: Date,
): Promise<boolean> {
  const { count } = await db`
    insert into comment_likes (comment_id, user_id, author_id, created_at)
    values (${commentId}, ${userId}, ${authorId}, ${now})
    on conflict do nothing
  `
  return count === 1
}

export async function deleteLike(db: Db, commentId: string, userId: string): Promise<boolean> {
  const { count } = await db`
    delete from comment_likes where comment_id = ${commentId} and user_id = ${userId}
  `
  return count === 1
}

export interface Pinnable {
  readonly track_id: string
  readonly thread_id: string | null
}

/** A comment on a track of this artist's that they can read, with the track locked, so that one is pinned at a time. */
export async function lockPinnable(
  db: Db,
  commentId: string,
  artist: Commenter,
): Promise<Pinnable | undefined> {
  const [row] = await db<[Pinnable?]>`
    select c.track_id, c.thread_id
    from comments c
    join tracks t on t.id = c.track_id
    where c.id = ${commentId} and t.owner_id = ${artist.id} and t.deleted_at is null
      and c.hidden_at is null and ${isReadable(db, artist)}
    for no key update of t
  `
  return row
}

/** The one that is to be pinned and the one that is, from the later to the earlier as everybody locks comments. */
export async function lockPins(db: Db, trackId: string, commentId: string): Promise<void> {
  await db`
    select from comments
    where id = ${commentId} or (track_id = ${trackId} and pinned_at is not null)
    order by id desc
    for no key update
  `
}

export async function unpinOthers(db: Db, trackId: string, commentId: string): Promise<void> {
  await db`
    update comments
    set pinned_at = null, revision = revision + 1
    where track_id = ${trackId} and pinned_at is not null and id <> ${commentId}
  `
}

/** Stays as it is where it is pinned; false where it is gone meanwhile. */
export async function markPinned(db: Db, commentId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update comments
    set pinned_at = coalesce(pinned_at, ${now}), revision = revision + (pinned_at is null)::int
    where id = ${commentId} and deleted_at is null
  `
  return count === 1
}

export async function markUnpinned(db: Db, commentId: string): Promise<void> {
  await db`
    update comments
    set pinned_at = null, revision = revision + 1
    where id = ${commentId} and pinned_at is not null
  `
}
