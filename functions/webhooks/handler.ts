import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { composeApi } from '../compose.ts'
import { composeDispatch } from '../webhook-dispatch.ts'
import { composeWebhooks } from './compose.ts'
import { webhookRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('webhooks')
const { fieldCipher, dispatcher } = composeDispatch(sql, secrets)

const handlers = composeWebhooks({
  sql,
  cipher: fieldCipher,
  dispatcher,
  urls: { allowLocal: requireEnv('WEBHOOK_ALLOW_LOCAL') === 'true' },
})

export const handler = createApi(webhookRoutes, handlers, api)
