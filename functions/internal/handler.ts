import { createObjectStore } from '../../lib/aws/object-store.ts'
import { readList, requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createCallbackService } from '../../lib/media/callback-service.ts'
import { createInternalHandlers } from './handlers.ts'
import { internalRoutes } from './routes.ts'

const sql = connect(databaseSettings())
const callbacks = createCallbackService({ sql, media: createObjectStore(requireEnv('MEDIA_BUCKET')) })

export const handler = createApi(internalRoutes, createInternalHandlers(callbacks), {
  service: 'internal',
  corsOrigins: readList('CORS_ORIGINS'),
  onTimeout: sql.discard,
})
