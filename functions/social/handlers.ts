import type { CommentChanges } from '../../lib/comments/changes.ts'
import type { CommentMarks } from '../../lib/comments/marks.ts'
import type { CommentService } from '../../lib/comments/service.ts'
import type { FeedService } from '../../lib/feed/service.ts'
import { etagOfShown, requireMatch } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { ReportingService } from '../../lib/moderation/reporting.ts'
import type { NotificationService } from '../../lib/notifications/service.ts'
import { shareHeader } from '../../lib/tracks/share-schemas.ts'
import type { UserService } from '../../lib/users/service.ts'
import { createNotificationHandlers } from './notification-handlers.ts'
import { createReportHandlers } from './report-handlers.ts'
import type { socialRoutes } from './routes.ts'

export interface SocialServices {
  readonly comments: CommentService
  readonly notifications: NotificationService
  readonly feed: FeedService
  readonly changes: CommentChanges
  readonly marks: CommentMarks
  readonly reports: ReportingService
  readonly users: Pick<UserService, 'findByName'>
}

export function createSocialHandlers({
  comments,
  notifications,
  feed,
  changes,
  marks,
  reports,
  users,
}: SocialServices): Handlers<typeof socialRoutes> {
  return {
    ...createNotificationHandlers(notifications),
    ...createReportHandlers(reports, users),
    listFeed: ({ actor, query }) => feed.list(actor, query),
    createComment: async ({ actor, params, body, requestId }) =>
      reply(await comments.create(actor, params.track_id, body, requestId)),
    listComments: ({ actor, params, query, headers }) =>
      comments.list(actor, params.track_id, query, headers[shareHeader]),
    getComment: async ({ actor, params, headers }) =>
      reply(await comments.get(actor, params.comment_id, headers[shareHeader])),
    listReplies: ({ actor, params, query, headers }) =>
      comments.listReplies(actor, params.comment_id, query, headers[shareHeader]),
    updateComment: async ({ actor, params, body, headers, requestId }) => {
      await changes.update(actor, params.comment_id, body.body, requestId, (row) =>
        requireMatch(headers, row),
      )
      return reply(await comments.get(actor, params.comment_id))
    },
    deleteComment: async ({ actor, params, headers, ...origin }) => {
      await changes.remove(actor, params.comment_id, origin, (row) => requireMatch(headers, row))
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

const reply = <T extends { readonly revision: number }>(row: T) => new Reply(row, { etag: etagOfShown(row) })
