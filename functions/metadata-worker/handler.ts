import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createMetadataService } from '../../lib/media/metadata-service.ts'
import { readBucketEvent } from '../../lib/media/s3-events.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'

const sql = connect(databaseSettings())

const metadata = createMetadataService({
  sql,
  media: createObjectStore(requireEnv('MEDIA_BUCKET')),
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
})

export const handler = createQueueWorker({
  queueUrl: requireEnv('METADATA_QUEUE_URL'),
  handleMessage: async (body) => {
    for (const object of readBucketEvent(body)) await metadata.handle(object)
  },
})
