import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createCallbackService } from '../../lib/media/streams/callback-service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createPlayService } from '../../lib/plays/service.ts'
import { createRevocationService } from '../../lib/revocations/service.ts'
import { composeApi } from '../compose.ts'
import { createInternalHandlers } from './handlers.ts'
import { internalRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('internal')

const handlers = createInternalHandlers({
  callbacks: createCallbackService({
    sql,
    media: createObjectStore(requireEnv('MEDIA_BUCKET')),
    relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
  }),
  plays: createPlayService({ sql, loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
  revocations: createRevocationService({ sql }),
})

export const handler = createApi(internalRoutes, handlers, api)
