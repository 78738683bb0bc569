import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMessageLease } from '../../lib/aws/message-lease.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createMp3Service } from '../../lib/license-files/mp3-service.ts'
import { readAnalysisMessage } from '../../lib/media/analysis/messages.ts'
import { createAnalysisService } from '../../lib/media/analysis/service.ts'

const queueUrl = requireEnv('ANALYSIS_QUEUE_URL')
const lease = createMessageLease({ queue: createJobQueue(queueUrl) })

const given = { sql: connect(databaseSettings()), media: createObjectStore(requireEnv('MEDIA_BUCKET')) }
const services = { analysis: createAnalysisService(given), mp3: createMp3Service(given) }

export const handler = createQueueWorker({
  queueUrl,
  handleMessage: (body, { receiptHandle }) => {
    const { version_id, work } = readAnalysisMessage(body)
    return lease.hold(receiptHandle, () => services[work].handle(version_id))
  },
})
