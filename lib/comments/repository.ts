import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import {
  type CommentRow,
  commentColumns,
  commentTables,
  isHeard,
  isOnVisibleTrack,
  isReadable,
  isShown,
} from './columns.ts'

export interface Commenter extends Viewer {
  readonly id: string
}

/** Whoever may hear the track, but on what is not out yet only those who work on it and were asked to say something. */
const mayComment = (db: Db, { id }: Commenter): Fragment => db`(
  t.owner_id = ${id} or mine.role in ('editor', 'commenter')
  or ${isOpen(db)}
)`

/** Whether anybody who knows where the track `t` is may hear it. */
const isOpen = (db: Db): Fragment =>
  db`(t.status = 'ready' and t.visibility in ('public', 'unlisted') and t.hidden_at is null)`

export interface Stage {
  readonly artist_id: string
  readonly version_id: string | null
  readonly duration_ms: number | null
  readonly may_comment: boolean
  /** When the account was made that would comment. */
  readonly joined_at: Date
}

/** What a comment would be about, and whether this user may make one. */
export async function findStage(db: Db, trackId: string, viewer: Commenter): Promise<Stage | undefined> {
  const [row] = await db<[Stage?]>`
    select
      t.owner_id as artist_id, v.id as version_id, v.duration_ms, me.created_at as joined_at,
      ${mayComment(db, viewer)} as may_comment
    from ${trackTables(db, viewer)}
    join users me on me.id = ${viewer.id}
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}

export interface Mentioned {
  readonly id: string
  readonly name: string
}

/** Those of the names that are people who may see the track, and between whom and the author is no block. */
export function listMentioned(db: Db, trackId: string, authorId: string, names: readonly string[]) {
  return db<Mentioned[]>`
    select u.id, u.username as name
    from unnest(${names}::text[]) with ordinality as called (name, place)
    join users u on u.username = called.name
    join tracks t on t.id = ${trackId}
    where u.deletes_at is null and u.deleted_at is null
      and ${isUnblocked(db, authorId, db`u.id`)}
      and not exists (
        select from blocks b
        where (b.blocker_id, b.blocked_id) in ((t.owner_id, u.id), (u.id, t.owner_id))
      )
      and (
        ${isOpen(db)} or u.id = t.owner_id
        or exists (
          select from track_collaborators k
          where k.track_id = t.id and k.user_id = u.id and k.status = 'accepted'
        )
      )
    order by called.place
  `
}

export interface Parent {
  readonly id: string
  readonly author_id: string
  readonly thread_id: string
}

/** What is answered, kept from going away until the answer is there. */
export async function lockParent(
  db: Db,
  parentId: string,
  trackId: string,
  viewer: Viewer,
): Promise<Parent | undefined> {
  const [row] = await db<[Parent?]>`
    select c.id, c.author_id, coalesce(c.thread_id, c.id) as thread_id
    from comments c
    where c.id = ${parentId} and c.track_id = ${trackId} and ${isReadable(db, viewer)}
    for key share of c
  `
  return row
}

export interface NewComment {
  readonly track_id: string
  readonly version_id: string | null
  readonly body: string
  readonly mentioned: readonly Mentioned[]
  readonly timestamp_ms: number | undefined
  readonly parent: Parent | undefined
}

/** None where the track went out of the author's sight meanwhile. */
export async function insertComment(db: Db, author: Commenter, comment: NewComment, now: Date) {
  const { parent, mentioned } = comment
  const [row] = await db<[{ id: string; is_counted: boolean }?]>`
    insert into comments (
      track_id, version_id, author_id, artist_id, thread_id, parent_id, body, mentioned_ids, mentioned_names,
      timestamp_ms, is_counted, created_at
    )
    select
      t.id, ${comment.version_id}, ${author.id}, t.owner_id,
      ${parent?.thread_id ?? null}, ${parent?.id ?? null}, ${comment.body},
      ${mentioned.map(({ id }) => id)}::uuid[], ${mentioned.map(({ name }) => name)}::text[],
      ${comment.timestamp_ms ?? null},
      ${isHeard(db, db`${author.id}::uuid`, db`t.owner_id`)}, ${now}
    from ${trackTables(db, author)}
    where t.id = ${comment.track_id} and ${isVisible(db, author)} and ${mayComment(db, author)}
    returning id, is_counted
  `
  return row
}

export async function findComment(
  db: Db,
  commentId: string,
  viewer: Viewer,
): Promise<CommentRow | undefined> {
  const [row] = await db<[CommentRow?]>`
    select ${commentColumns(db, viewer)}
    from ${commentTables(db, viewer)}
    where c.id = ${commentId} and ${isShown(db, viewer)} and ${isOnVisibleTrack(db, viewer)}
  `
  return row
}
