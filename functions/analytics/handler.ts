import { createClientReader } from '../../lib/analytics/clients/client.ts'
import { createSalts } from '../../lib/analytics/clients/salts.ts'
import { createIntakeService } from '../../lib/analytics/ingest/intake.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { composeApi } from '../compose.ts'
import { createIngestHandlers } from './ingest-handlers.ts'
import { analyticsRoutes } from './routes.ts'
import { composeStats } from './stats-compose.ts'

const { sql, secrets, api } = composeApi('analytics')
const loadKeys = createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN'))

const intake = createIntakeService({
  sql,
  loadKeys,
  queue: createJobQueue(requireEnv('ANALYTICS_QUEUE_URL')),
  readClient: createClientReader({ readSalt: createSalts({ sql }) }),
})

const handlers = {
  ...createIngestHandlers(intake),
  ...composeStats({ sql, exports: createObjectStore(requireEnv('EXPORTS_BUCKET')) }),
}

export const handler = createApi(analyticsRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys }),
})
