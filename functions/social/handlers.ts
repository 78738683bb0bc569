import type { CommentService } from '../../lib/comments/service.ts'
import type { FeedService } from '../../lib/feed/service.ts'
import { etagOf } from '../../lib/http/etag.ts'
import { type Handlers, Reply } from '../../lib/http/route.ts'
import type { NotificationService } from '../../lib/notifications/service.ts'
import { createNotificationHandlers } from './notification-handlers.ts'
import type { socialRoutes } from './routes.ts'

export interface SocialServices {
  readonly comments: CommentService
  readonly notifications: NotificationService
  readonly feed: FeedService
}

export function createSocialHandlers({
  comments,
  notifications,
  feed,
}: SocialServices): Handlers<typeof socialRoutes> {
  return {
    ...createNotificationHandlers(notifications),
    listFeed: ({ actor, query }) => feed.list(actor, query),
    createComment: async ({ actor, params, body, requestId }) =>
      reply(await comments.create(actor, params.track_id, body, requestId)),
    listComments: ({ actor, params, query }) => comments.list(actor, params.track_id, query),
    getComment: async ({ actor, params }) => reply(await comments.get(actor, params.comment_id)),
    listReplies: ({ actor, params, query }) => comments.listReplies(actor, params.comment_id, query),
  }
}

const reply = <T extends { readonly revision: number }>(row: T) => new Reply(row, { etag: etagOf(row) })
