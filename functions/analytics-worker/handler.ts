import { createIngestWriter } from '../../lib/analytics/ingest/writer.ts'
import { createBatchWorker } from '../../lib/aws/batch-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'

const writer = createIngestWriter({ sql: connect(databaseSettings()) })

export const handler = createBatchWorker({
  queueUrl: requireEnv('ANALYTICS_QUEUE_URL'),
  handleBatch: writer.write,
})
