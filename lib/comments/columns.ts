import { countsOf } from '../counts/counts.ts'
import type { Db, Fragment } from '../db/client.ts'
import { hasRow } from '../db/has-row.ts'
import { isHeardBy, isUnblocked, isUnmuted } from '../relations/hiding.ts'
import { isVisible, trackTables, type Viewer } from '../tracks/visibility.ts'
import { personOf } from '../users/person.ts'
import type { Comment } from './schemas.ts'

/** As the database has it: mentions come with the name that stands in the body. */
export type CommentRow = Omit<Comment, 'mentions'> & {
  readonly mentions: readonly { readonly id: string; readonly username: string; readonly written: string }[]
  readonly revision: number
}

/** Whether the viewer reads what it says. `c` is the comment, or an answer under another name. */
export const isReadable = (db: Db, { id }: Viewer, c: Fragment = db`c`): Fragment => {
  const isOut = db`
    ${c}.hidden_at is null
    and ${isHeardBy(db, id, { author: db`${c}.author_id`, artist: db`${c}.artist_id` })}
    and ${isUnmuted(db, id, db`${c}.author_id`)} and ${isUnblocked(db, id, db`${c}.author_id`)}
  `
  if (id === undefined) return db`(${c}.deleted_at is null and ${isOut})`
  return db`(${c}.deleted_at is null and (${c}.author_id = ${id} or (${isOut})))`
}

/** Whether the viewer sees the track of the comment `c`. */
export const isOnVisibleTrack = (db: Db, viewer: Viewer): Fragment =>
  db`exists (select from ${trackTables(db, viewer)} where t.id = c.track_id and ${isVisible(db, viewer)})`

/** Whether anybody else hears what the author says to the artist. */
export const isHeard = (db: Db, author: Fragment, artist: Fragment): Fragment =>
  db`(${isHeardBy(db, undefined, { author, artist })} is true)`

/** Those from whom the viewer hears nothing, or who hear nothing from the viewer; the same for every row of a list. */
const unheardBy = (db: Db, viewerId: string): Fragment => db`
  array(
    select muted_id from mutes where muter_id = ${viewerId}
    union all select blocked_id from blocks where blocker_id = ${viewerId}
    union all select blocker_id from blocks where blocked_id = ${viewerId}
  )
`

/**
 * How many comments on the track `t` the viewer is shown: those that everybody is, without those of people they do
 * not hear, and with their own that nobody else hears.
 */
export const commentCount = (db: Db, { id }: Viewer): Fragment =>
  id === undefined
    ? db`n.comment_count`
    : db`(
        n.comment_count
        - (
          select count(*) from comments c
          where c.track_id = t.id and c.is_counted and c.author_id = any(${unheardBy(db, id)})
        )
        + (
          select count(*) from comments c
          where c.track_id = t.id and c.author_id = ${id} and not c.is_counted and c.deleted_at is null
        )
      )::int`

/**
 * Whether it stands in lists: what cannot be read keeps its place while there are answers that can. With `offset 0`
 * that is asked of the few that cannot be read; without, all answers there are would be hashed first.
 */
export const isShown = (db: Db, viewer: Viewer): Fragment => db`(
  ${isReadable(db, viewer)}
  or exists (select from comments r where r.thread_id = c.id and ${isReadable(db, viewer, db`r`)} offset 0)
  or exists (select from comments r where r.parent_id = c.id and ${isReadable(db, viewer, db`r`)} offset 0)
)`

/** Of answers that everybody is shown, those of people from whom the viewer hears nothing, and the other way round. */
const replyCount = (db: Db, { id }: Viewer): Fragment => {
  if (id === undefined) return db`n.reply_count`
  return db`(
    n.reply_count
    - (
      select count(*) from comments r
      where r.thread_id = c.id and r.is_counted and r.author_id = any(${unheardBy(db, id)})
    )
    + (
      select count(*) from comments r
      where r.thread_id = c.id and r.author_id = ${id} and not r.is_counted and r.deleted_at is null
    )
  )::int`
}

/** A comment as the viewer sees it, of `commentTables`. */
export const commentColumns = (db: Db, viewer: Viewer): Fragment => db`
  c.id, c.track_id, c.version_id, c.parent_id, c.thread_id,
  case when can.read then
    ${personOf(db, 'a')}
  end as author,
  case when can.read then c.body else '' end as body,
  c.timestamp_ms,
  case when can.read then n.like_count else 0 end as like_count,
  case when c.thread_id is null then ${replyCount(db, viewer)} else 0 end as reply_count,
  ${isLiked(db, viewer)} as liked,
  c.pinned_at is not null as is_pinned, can.read and c.hidden_at is not null as is_hidden,
  not can.read as is_deleted,
  case when can.read then c.edited_at end as edited_at,
  case when can.read and c.mentioned_ids <> '{}' then (
    select coalesce(
      json_agg(
        json_build_object('id', u.id, 'username', u.username, 'written', m.written) order by m.place
      ),
      '[]'
    )
    from unnest(c.mentioned_ids, c.mentioned_names) with ordinality m (id, written, place)
    join users u on u.id = m.id
    where u.deletes_at is null and ${isUnblocked(db, viewer.id, db`u.id`)}
  ) else '[]' end as mentions,
  c.created_at, case when can.read then c.revision + a.revision else 0 end as revision
`

const isLiked = (db: Db, { id }: Viewer): Fragment =>
  id === undefined
    ? db`false`
    : db`(can.read and ${hasRow(db, db`comment_likes l where l.comment_id = c.id and l.user_id = ${id}`)})`

/** `c` the comment, `a` its author, `n` its counts, `can` what the viewer may do with it, found out once a row. */
export const commentTables = (db: Db, viewer: Viewer): Fragment => db`
  comments c
  join users a on a.id = c.author_id
  cross join lateral (select ${isReadable(db, viewer)} as read offset 0) can
  ${countsOf(db, db`c.id`, ['like_count', 'reply_count'])}
`
