import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createDispatcher } from '../../lib/webhooks/deliveries/dispatch.ts'
import { composeApi } from '../compose.ts'
import { composeWebhooks } from './compose.ts'
import { webhookRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('webhooks')
const cipherUnder = (secretId: string) => createFieldCipher({ loadKeys: createKeyLoader(secrets, secretId) })
const fieldCipher = cipherUnder(requireEnv('FIELD_SECRET_ARN'))

const handlers = composeWebhooks({
  sql,
  cipher: fieldCipher,
  dispatcher: createDispatcher({
    sql,
    queue: createJobQueue(requireEnv('WEBHOOKS_QUEUE_URL')),
    fieldCipher,
    messageCipher: cipherUnder(requireEnv('WEBHOOK_SECRET_ARN')),
  }),
  urls: { allowLocal: requireEnv('WEBHOOK_ALLOW_LOCAL') === 'true' },
})

export const handler = createApi(webhookRoutes, handlers, api)
