import { createDefinitionStore } from '../../lib/aws/definition-store.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMessageLease } from '../../lib/aws/message-lease.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker, stepRetryDelays } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createDefinitionKeeper } from '../../lib/definitions/keeper.ts'
import { createSets } from '../../lib/definitions/sets.ts'
import { createImageIntake } from '../../lib/images/scan-intake.ts'
import { createRescanService, rescanMessage } from '../../lib/media/rescan/service.ts'
import { readBucketEvent } from '../../lib/media/s3-events.ts'
import { createClamd } from '../../lib/media/scan/clamd.ts'
import { createScanService } from '../../lib/media/scan/service.ts'
import { createTrackIntake } from '../../lib/media/scan/track-intake.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'

const queueUrl = requireEnv('SCAN_QUEUE_URL')
const lease = createMessageLease({ queue: createJobQueue(queueUrl) })

const sql = connect(databaseSettings())
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

const clamd = createClamd({ socketPath: requireEnv('CLAMD_SOCKET') })
const media = createObjectStore(requireEnv('MEDIA_BUCKET'))

const keeper = createDefinitionKeeper({
  store: createDefinitionStore(requireEnv('DEFINITIONS_BUCKET')),
  clamd,
  sets: createSets({
    directory: requireEnv('DEFINITIONS_DIRECTORY'),
    bundled: requireEnv('BUNDLED_DEFINITIONS'),
  }),
})
// The engine waits for it, and loading takes longer than a function may take to start.
void keeper.refresh()

const scans = createScanService({
  intakes: [createImageIntake({ sql }), createTrackIntake({ sql })],
  uploads: createObjectStore(requireEnv('UPLOADS_BUCKET')),
  media,
  clamd,
})
const rescans = createRescanService({ sql, media, clamd, keeper })

async function scan(body: unknown): Promise<void> {
  const again = rescanMessage.safeParse(body)
  if (again.success) return rescans.handle(again.data)
  // New definitions are loaded beside the scans, which go on with what there is.
  const renewal = keeper.refresh()
  try {
    for (const object of readBucketEvent(body)) await scans.handle(object)
  } finally {
    await renewal
  }
}

export const handler = createQueueWorker({
  queueUrl,
  retryDelays: stepRetryDelays,
  handleMessage: (body, { receiptHandle }) =>
    lease.hold(receiptHandle, async () => {
      await scan(body)
      // Whoever sent the file waits for what was found in it.
      await relay.flushSoon()
    }),
  giveUp: async (body, error) => {
    // What was to be scanned again is asked for again.
    if (rescanMessage.safeParse(body).success) return
    for (const object of readBucketEvent(body)) await scans.giveUp(object, error)
  },
})
