import { createApi } from '../../lib/http/api.ts'
import { createEventReading } from '../../lib/public-events/reading.ts'
import { composeApi } from '../compose.ts'
import { createEventHandlers } from './event-handlers.ts'
import { webhookRoutes } from './routes.ts'

const { sql, api } = composeApi('webhooks')

const handlers = createEventHandlers(createEventReading({ sql }))

export const handler = createApi(webhookRoutes, handlers, api)
