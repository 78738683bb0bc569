import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { readText, requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createStripe } from '../../lib/stripe/client.ts'
import { createStripeSecretLoader } from '../../lib/stripe/secret.ts'
import { composeStripeWorker } from './compose.ts'

const queueUrl = requireEnv('STRIPE_QUEUE_URL')
const sql = connect(databaseSettings())
const secrets = createSecrets()

export const handler = createQueueWorker({
  queueUrl,
  handleMessage: composeStripeWorker({
    sql,
    relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
    stripe: createStripe({
      loadSecret: createStripeSecretLoader(secrets, requireEnv('STRIPE_SECRET_ARN')),
      apiUrl: readText('STRIPE_API_URL'),
    }),
    stripeQueue: createJobQueue(queueUrl),
    licenseKeys: createKeyLoader(secrets, requireEnv('LICENSE_KEY_SECRET_ARN')),
    exports: createObjectStore(requireEnv('EXPORTS_BUCKET')),
    settings: { apiUrl: requireEnv('API_URL') },
  }),
})
