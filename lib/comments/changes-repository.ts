import type { Db } from '../db/client.ts'
import { isOnVisibleTrack, isReadable } from './columns.ts'
import type { Commenter, Mentioned } from './repository.ts'

export interface OwnComment {
  readonly id: string
  readonly track_id: string
  readonly author_id: string
  readonly artist_id: string
  readonly body: string
  readonly mentioned_ids: readonly string[]
  readonly is_counted: boolean
  readonly created_at: Date
  readonly revision: number
}

export async function findOwnComment(
  db: Db,
  commentId: string,
  author: Commenter,
  { isLocked = false } = {},
): Promise<OwnComment | undefined> {
  const [row] = await db<[OwnComment?]>`
    select
      c.id, c.track_id, c.author_id, c.artist_id, c.body, c.mentioned_ids, c.is_counted, c.created_at,
      c.revision + a.revision as revision
    from comments c
    join users a on a.id = c.author_id
    where c.id = ${commentId} and c.author_id = ${author.id} and c.deleted_at is null
      and ${isOnVisibleTrack(db, author)}
    ${isLocked ? db`for no key update of c` : db``}
  `
  return row
}

export async function insertEdit(db: Db, { id, author_id, body }: OwnComment, now: Date): Promise<void> {
  await db`
    insert into comment_edits (comment_id, author_id, body, replaced_at)
    values (${id}, ${author_id}, ${body}, ${now})
  `
}

export interface Edit {
  readonly body: string
  readonly mentioned: readonly Mentioned[]
  /** Null while it does not show. */
  readonly edited_at: Date | null
}

export async function markEdited(
  db: Db,
  commentId: string,
  { body, mentioned, edited_at }: Edit,
): Promise<void> {
  await db`
    update comments
    set body = ${body}, mentioned_ids = ${mentioned.map(({ id }) => id)}::uuid[],
      mentioned_names = ${mentioned.map(({ name }) => name)}::text[],
      edited_at = coalesce(${edited_at}, edited_at), revision = revision + 1
    where id = ${commentId}
  `
}

export interface Removable {
  readonly id: string
  readonly author_id: string
  readonly artist_id: string
  readonly revision: number
}

/** One's own wherever it is, any on one's own track, and what else the viewer can read. */
export async function findRemovable(
  db: Db,
  commentId: string,
  viewer: Commenter,
  { isLocked = false } = {},
): Promise<Removable | undefined> {
  const [row] = await db<[Removable?]>`
    select c.id, c.author_id, c.artist_id, c.revision + a.revision as revision
    from comments c
    join users a on a.id = c.author_id
    where c.id = ${commentId} and c.deleted_at is null
      and (
        c.author_id = ${viewer.id} or c.artist_id = ${viewer.id}
        or (${isReadable(db, viewer)} and ${isOnVisibleTrack(db, viewer)})
      )
    ${isLocked ? db`for update of c` : db``}
  `
  return row
}

export async function hasAnswers(db: Db, commentId: string): Promise<boolean> {
  const [row] = await db<[{ answered: boolean }]>`
    select
      exists (select from comments where parent_id = ${commentId})
      or exists (select from comments where thread_id = ${commentId}) as answered
  `
  return row.answered
}

export async function lockTombstone(db: Db, commentId: string): Promise<boolean> {
  const rows = await db`
    select from comments where id = ${commentId} and deleted_at is not null for update
  `
  return rows.length === 1
}

/** What it said before is gone with it. */
export async function deleteEdits(db: Db, commentId: string): Promise<void> {
  await db`delete from comment_edits where comment_id = ${commentId}`
}
