import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createCommentService } from '../../lib/comments/service.ts'
import { requireEnv } from '../../lib/config.ts'
import { createFeedService } from '../../lib/feed/service.ts'
import { createApi } from '../../lib/http/api.ts'
import { createPace } from '../../lib/http/pace.ts'
import { createNotificationService } from '../../lib/notifications/service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { composeApi } from '../compose.ts'
import { createSocialHandlers } from './handlers.ts'
import { socialRoutes } from './routes.ts'

const { sql, cache, secrets, api } = composeApi('social')
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

const handlers = createSocialHandlers({
  comments: createCommentService({ sql, relay, keepPace: createPace({ cache }) }),
  notifications: createNotificationService({ sql }),
  feed: createFeedService({ sql }),
})

export const handler = createApi(socialRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
