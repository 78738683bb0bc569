import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { readText, requireEnv } from '../../lib/config.ts'

// A deployment that lacks one of them fails at the start.
requireEnv('EVENTS_QUEUE_URL')
requireEnv('STRIPE_SECRET_ARN')
readText('STRIPE_API_URL')
requireEnv('LICENSE_KEY_SECRET_ARN')
requireEnv('EXPORTS_BUCKET')
requireEnv('APP_URL')
requireEnv('API_URL')

export const handler = createQueueWorker({
  queueUrl: requireEnv('STRIPE_QUEUE_URL'),
  handleMessage: async () => {
    throw new Error('Nothing is known of Stripe yet')
  },
})
