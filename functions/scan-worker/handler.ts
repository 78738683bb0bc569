import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMessageLease } from '../../lib/aws/message-lease.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker, stepRetryDelays } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createImageIntake } from '../../lib/images/scan-intake.ts'
import { createClamd } from '../../lib/media/clamd.ts'
import { readBucketEvent } from '../../lib/media/s3-events.ts'
import { createScanService } from '../../lib/media/scan-service.ts'
import { createTrackIntake } from '../../lib/media/track-intake.ts'

const queueUrl = requireEnv('SCAN_QUEUE_URL')
const lease = createMessageLease({ queue: createJobQueue(queueUrl) })

const sql = connect(databaseSettings())

const scans = createScanService({
  intakes: [createImageIntake({ sql }), createTrackIntake({ sql })],
  uploads: createObjectStore(requireEnv('UPLOADS_BUCKET')),
  media: createObjectStore(requireEnv('MEDIA_BUCKET')),
  clamd: createClamd({ socketPath: requireEnv('CLAMD_SOCKET') }),
})

export const handler = createQueueWorker({
  queueUrl,
  retryDelays: stepRetryDelays,
  handleMessage: (body, { receiptHandle }) =>
    lease.hold(receiptHandle, async () => {
      for (const object of readBucketEvent(body)) await scans.handle(object)
    }),
  giveUp: async (body, error) => {
    for (const object of readBucketEvent(body)) await scans.giveUp(object, error)
  },
})
