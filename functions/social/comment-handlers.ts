import type { CommentChanges } from '../../lib/comments/changes.ts'
import type { CommentMarks } from '../../lib/comments/marks.ts'
import type { CommentService } from '../../lib/comments/service.ts'
import { matching } from '../../lib/http/etag.ts'
import type { Handlers } from '../../lib/http/route.ts'
import { shareHeader } from '../../lib/tracks/shares/schemas.ts'
import { replyShown } from '../row-reply.ts'
import type { commentRoutes } from './comment-routes.ts'

export interface CommentServices {
  readonly comments: CommentService
  readonly changes: CommentChanges
  readonly marks: CommentMarks
}

export function createCommentHandlers({
  comments,
  changes,
  marks,
}: CommentServices): Handlers<typeof commentRoutes> {
  return {
    createComment: async ({ actor, params, body, requestId }) =>
      replyShown(await comments.create(actor, params.track_id, body, requestId)),
    listComments: ({ actor, params, query, headers }) =>
      comments.list(actor, params.track_id, query, headers[shareHeader]),
    getComment: async ({ actor, params, headers }) =>
      replyShown(await comments.get(actor, params.comment_id, headers[shareHeader])),
    listReplies: ({ actor, params, query, headers }) =>
      comments.listReplies(actor, params.comment_id, query, headers[shareHeader]),
    updateComment: async ({ actor, params, body, headers, requestId }) => {
      await changes.update(actor, params.comment_id, body.body, requestId, matching(headers))
      return replyShown(await comments.get(actor, params.comment_id))
    },
    deleteComment: async ({ actor, params, headers, ...origin }) => {
      await changes.remove(actor, params.comment_id, origin, matching(headers))
      return undefined
    },
    likeComment: async ({ actor, params, requestId }) => {
      await marks.like(actor, params.comment_id, requestId)
      return undefined
    },
    unlikeComment: async ({ actor, params }) => {
      await marks.unlike(actor, params.comment_id)
      return undefined
    },
    pinComment: async ({ actor, params }) => {
      await marks.pin(actor, params.comment_id)
      return undefined
    },
    unpinComment: async ({ actor, params }) => {
      await marks.unpin(actor, params.comment_id)
      return undefined
    },
  }
}
