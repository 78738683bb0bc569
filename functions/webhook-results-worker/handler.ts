import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createDispatcher } from '../../lib/webhooks/deliveries/dispatch.ts'
import { createResultsWorker } from '../../lib/webhooks/deliveries/results-worker.ts'

const sql = connect(databaseSettings())
const secrets = createSecrets()
const cipherOf = (secretId: string) => createFieldCipher({ loadKeys: createKeyLoader(secrets, secretId) })

export const handler = createResultsWorker({
  sql,
  queueUrl: requireEnv('WEBHOOK_RESULTS_QUEUE_URL'),
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
  dispatcher: createDispatcher({
    sql,
    queue: createJobQueue(requireEnv('WEBHOOKS_QUEUE_URL')),
    fieldCipher: cipherOf(requireEnv('FIELD_SECRET_ARN')),
    messageCipher: cipherOf(requireEnv('WEBHOOK_SECRET_ARN')),
  }),
})
