import { createChatService } from '../../lib/chat/service.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { composeApi } from '../compose.ts'
import { createChatHandlers } from './handlers.ts'
import { chatRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('chat')

const handlers = createChatHandlers(
  createChatService({
    sql,
    secrets,
    tokenSecretId: requireEnv('CHAT_JWT_SECRET_ARN'),
    wsUrl: requireEnv('CHAT_WS_URL'),
  }),
)

export const handler = createApi(chatRoutes, handlers, api)
