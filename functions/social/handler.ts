import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createCommentChanges } from '../../lib/comments/changes.ts'
import { createCommentMarks } from '../../lib/comments/marks.ts'
import { createCommentService } from '../../lib/comments/service.ts'
import { requireEnv } from '../../lib/config.ts'
import { createFeedService } from '../../lib/feed/service.ts'
import { createApi } from '../../lib/http/api.ts'
import { createPace } from '../../lib/http/pace.ts'
import { createReportingService } from '../../lib/moderation/reporting.ts'
import { createNotificationService } from '../../lib/notifications/service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createUserService } from '../../lib/users/service.ts'
import { composeApi } from '../compose.ts'
import { createSocialHandlers } from './handlers.ts'
import { socialRoutes } from './routes.ts'

const { sql, cache, secrets, api } = composeApi('social')
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

const common = { sql, relay, keepPace: createPace({ cache }) }

const handlers = createSocialHandlers({
  notifications: createNotificationService({ sql }),
  feed: createFeedService({ sql }),
  comments: createCommentService(common),
  changes: createCommentChanges(common),
  marks: createCommentMarks(common),
  reports: createReportingService({ sql }),
  users: createUserService({ sql }),
})

export const handler = createApi(socialRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
