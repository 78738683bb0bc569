import { createObjectStore } from '../../lib/aws/object-store.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createCallbackService } from '../../lib/media/callback-service.ts'
import { composeApi } from '../compose.ts'
import { createInternalHandlers } from './handlers.ts'
import { internalRoutes } from './routes.ts'

const { sql, api } = composeApi('internal')
const callbacks = createCallbackService({ sql, media: createObjectStore(requireEnv('MEDIA_BUCKET')) })

export const handler = createApi(internalRoutes, createInternalHandlers(callbacks), api)
