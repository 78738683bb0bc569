import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMessageLease } from '../../lib/aws/message-lease.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { readAnalysisMessage } from '../../lib/media/analysis/messages.ts'
import { createAnalysisService } from '../../lib/media/analysis/service.ts'

const queueUrl = requireEnv('ANALYSIS_QUEUE_URL')
const lease = createMessageLease({ queue: createJobQueue(queueUrl) })

const analyses = createAnalysisService({
  sql: connect(databaseSettings()),
  media: createObjectStore(requireEnv('MEDIA_BUCKET')),
})

export const handler = createQueueWorker({
  queueUrl,
  handleMessage: (body, { receiptHandle }) => {
    const { version_id } = readAnalysisMessage(body)
    return lease.hold(receiptHandle, () => analyses.handle(version_id))
  },
})
