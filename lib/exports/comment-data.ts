import type { ReadPage, Row } from './personal-data.ts'

const readComments: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, track_id, version_id, parent_id, body, timestamp_ms, created_at, edited_at, hidden_at, deleted_at
  from comments
  where author_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readCommentEdits: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, comment_id, body, replaced_at
  from comment_edits
  where author_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readCommentLikes: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, comment_id, created_at
  from comment_likes
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readReports: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select r.id, m.subject_kind, m.subject_id, r.reason, r.note, r.created_at
  from reports r
  join moderation_cases m on m.id = r.case_id
  where r.reporter_id = ${user_id} and r.id > ${after}
  order by r.id
  limit ${limit}
`

export const commentData: Readonly<Record<string, ReadPage>> = {
  'comments.json': readComments,
  'comment-edits.json': readCommentEdits,
  'comment-likes.json': readCommentLikes,
  'reports.json': readReports,
}
