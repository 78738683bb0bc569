import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createResultsWorker } from '../../lib/webhooks/deliveries/results-worker.ts'
import { composeDispatch } from '../webhook-dispatch.ts'

const sql = connect(databaseSettings())

export const handler = createResultsWorker({
  sql,
  queueUrl: requireEnv('WEBHOOK_RESULTS_QUEUE_URL'),
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
  dispatcher: composeDispatch(sql, createSecrets()).dispatcher,
})
