import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createMessageLease } from '../../lib/aws/message-lease.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createQueueWorker, stepRetryDelays } from '../../lib/aws/queue-worker.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createEmbeddedArtwork } from '../../lib/images/embedded-artwork.ts'
import { createImageProcessing, isImageOriginal } from '../../lib/images/processing-service.ts'
import { createMetadataService } from '../../lib/media/metadata/service.ts'
import { readBucketEvent } from '../../lib/media/s3-events.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { covers } from '../../lib/playlists/cover.ts'
import { artworks } from '../../lib/tracks/artwork.ts'
import { avatars } from '../../lib/users/avatar.ts'

const queueUrl = requireEnv('METADATA_QUEUE_URL')
const lease = createMessageLease({ queue: createJobQueue(queueUrl) })

const sql = connect(databaseSettings())

const media = createObjectStore(requireEnv('MEDIA_BUCKET'))

const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

const pictures = createImageProcessing({ sql, media, holders: [avatars, artworks, covers], relay })

const uploads = createObjectStore(requireEnv('UPLOADS_BUCKET'))

const metadata = createMetadataService({
  sql,
  media,
  artwork: createEmbeddedArtwork({ sql, uploads, holder: artworks }),
  relay,
})

export const handler = createQueueWorker({
  queueUrl,
  retryDelays: stepRetryDelays,
  handleMessage: (body, { receiptHandle }) =>
    lease.hold(receiptHandle, async () => {
      for (const object of readBucketEvent(body)) {
        await (isImageOriginal(object.key) ? pictures : metadata).handle(object)
      }
    }),
  giveUp: async (body) => {
    for (const object of readBucketEvent(body)) {
      if (!isImageOriginal(object.key)) await metadata.giveUp(object)
    }
  },
})
