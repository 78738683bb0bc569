import { createFieldCipher } from '../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../lib/auth/key-ring.ts'
import { createJobQueue } from '../lib/aws/job-queue.ts'
import type { Secrets } from '../lib/aws/secrets.ts'
import { requireEnv } from '../lib/config.ts'
import type { Sql } from '../lib/db/client.ts'
import { createDispatcher } from '../lib/webhooks/deliveries/dispatch.ts'

/** Of a function that hands webhooks to their sender, with the settings that all of those have in common. */
export function composeDispatch(sql: Sql, secrets: Secrets) {
  const cipherUnder = (secretId: string) =>
    createFieldCipher({ loadKeys: createKeyLoader(secrets, secretId) })
  const fieldCipher = cipherUnder(requireEnv('FIELD_SECRET_ARN'))
  const dispatcher = createDispatcher({
    sql,
    queue: createJobQueue(requireEnv('WEBHOOKS_QUEUE_URL')),
    fieldCipher,
    messageCipher: cipherUnder(requireEnv('WEBHOOK_SECRET_ARN')),
  })
  return { fieldCipher, dispatcher }
}
