import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'

export const handler = createQueueWorker({
  queueUrl: requireEnv('WEBHOOKS_QUEUE_URL'),
  handleMessage: async () => {
    throw new Error('Not built yet')
  },
})
