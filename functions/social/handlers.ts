import type { FeedService } from '../../lib/feed/service.ts'
import type { Handlers } from '../../lib/http/route.ts'
import type { ReportingService } from '../../lib/moderation/reporting.ts'
import type { NotificationService } from '../../lib/notifications/service.ts'
import type { UserService } from '../../lib/users/service.ts'
import { type CommentServices, createCommentHandlers } from './comment-handlers.ts'
import { createNotificationHandlers } from './notification-handlers.ts'
import { createReportHandlers } from './report-handlers.ts'
import type { socialRoutes } from './routes.ts'

export interface SocialServices extends CommentServices {
  readonly notifications: NotificationService
  readonly feed: FeedService
  readonly reports: ReportingService
  readonly users: Pick<UserService, 'findByName'>
}

export const createSocialHandlers = (services: SocialServices): Handlers<typeof socialRoutes> => ({
  ...createNotificationHandlers(services.notifications),
  ...createReportHandlers(services.reports, services.users),
  ...createCommentHandlers(services),
  listFeed: ({ actor, query }) => services.feed.list(actor, query),
})
