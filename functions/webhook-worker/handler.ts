import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { readText, requireEnv } from '../../lib/config.ts'
import { createPost } from '../../lib/webhooks/sending/attempt.ts'
import { createResolve } from '../../lib/webhooks/sending/resolver.ts'
import { createSender } from '../../lib/webhooks/sending/sender.ts'

/** The messages of a batch are sent side by side, so that one who is slow to answer holds none of them up. */
export const handler = createQueueWorker({
  queueUrl: requireEnv('WEBHOOKS_QUEUE_URL'),
  handleMessage: createSender({
    cipher: createFieldCipher({
      loadKeys: createKeyLoader(createSecrets(), requireEnv('WEBHOOK_SECRET_ARN')),
    }),
    post: createPost({ resolve: createResolve(), allowLocal: readText('WEBHOOK_ALLOW_LOCAL') === 'true' }),
    results: createJobQueue(requireEnv('WEBHOOK_RESULTS_QUEUE_URL')),
  }),
})
