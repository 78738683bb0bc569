import { createApi } from '../../lib/http/api.ts'
import { composeApi } from '../compose.ts'
import { webhookRoutes } from './routes.ts'

const { api } = composeApi('webhooks')

export const handler = createApi(webhookRoutes, {}, api)
