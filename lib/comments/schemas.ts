import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { statement } from '../text.ts'
import { person } from '../users/person.ts'

/** Of one that the caller may not read, but whose answers they may, only its place is shown. */
export const comment = z.object({
  id: z.uuid(),
  track_id: z.uuid(),
  /** The master that it was made on. */
  version_id: z.nullable(z.uuid()),
  /** What it answers, and the comment that began the thread; null in the first one of a thread. */
  parent_id: z.nullable(z.uuid()),
  thread_id: z.nullable(z.uuid()),
  author: z.nullable(person),
  body: z.string(),
  timestamp_ms: z.nullable(z.int()),
  like_count: z.int(),
  reply_count: z.int(),
  /** By the caller. */
  liked: z.boolean(),
  is_pinned: z.boolean(),
  /** Only its author is still shown it. */
  is_hidden: z.boolean(),
  is_deleted: z.boolean(),
  edited_at: z.nullable(timestamp),
  mentions: z.array(z.object({ id: z.uuid(), username: z.string() })),
  created_at: timestamp,
})
export type Comment = z.output<typeof comment>

export const commentPage = page(comment)

export const commentParams = z.object({ comment_id: z.uuid() })

const body = statement(2000)

export const createComment = z.strictObject({
  body,
  timestamp_ms: z.optional(z.int().check(z.minimum(0), z.maximum(2_147_483_646))),
  parent_id: z.optional(z.uuid()),
})
export type CreateComment = z.output<typeof createComment>

export const updateComment = z.strictObject({ body })

const commentSort = z.enum(['newest', 'oldest', 'timestamp'])
export type CommentSort = z.output<typeof commentSort>

export const listComments = z.strictObject({
  ...pageQuery.shape,
  /** By `timestamp`: in the order of the places in the track; what names none comes last. */
  sort: z._default(commentSort, 'newest'),
})
export type ListComments = z.output<typeof listComments>
