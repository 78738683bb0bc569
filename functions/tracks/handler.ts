import { createClientReader } from '../../lib/analytics/clients/client.ts'
import { createSalts } from '../../lib/analytics/clients/salts.ts'
import { createVisitorHash } from '../../lib/analytics/clients/visitors.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createCollaborationService } from '../../lib/collaboration/service.ts'
import { createSplitService } from '../../lib/collaboration/splits.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createImageService } from '../../lib/images/service.ts'
import { createMediaLinks } from '../../lib/media/delivery/media-links.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createPostgresSearch } from '../../lib/search/postgres-search.ts'
import { artworks } from '../../lib/tracks/artwork.ts'
import { createTrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import { createTrackLists } from '../../lib/tracks/lists.ts'
import { createDownloadService } from '../../lib/tracks/playback/download-service.ts'
import { createSoundService } from '../../lib/tracks/playback/sound-service.ts'
import { createStreamService } from '../../lib/tracks/playback/stream-service.ts'
import { createReactionService } from '../../lib/tracks/reaction-service.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createShareService } from '../../lib/tracks/shares/service.ts'
import { createVersionService } from '../../lib/tracks/versions/service.ts'
import { createStreamJobService } from '../../lib/tracks/versions/stream-jobs.ts'
import { createUploadRetry } from '../../lib/uploads/retry.ts'
import { createUploadService } from '../../lib/uploads/service.ts'
import { composeApi } from '../compose.ts'
import { allTrackRoutes } from './all-routes.ts'
import { createArtworkHandlers } from './artwork-handlers.ts'
import { createCollaborationHandlers } from './collaboration-handlers.ts'
import { createDownloadHandlers } from './download-handlers.ts'
import { createTrackHandlers } from './handlers.ts'
import { createSoundHandlers } from './sound-handlers.ts'
import { createVersionHandlers } from './version-handlers.ts'

const { sql, secrets, api } = composeApi('tracks')
const loadKeys = createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN'))

const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })
const store = createObjectStore(requireEnv('UPLOADS_BUCKET'))
const links = createMediaLinks({
  mediaUrl: requireEnv('MEDIA_URL'),
  secrets,
  keySecretId: requireEnv('MEDIA_KEY_SECRET_ARN'),
})
const tracks = createTrackService({ sql, relay })
const readSalt = createSalts({ sql })
const streams = createStreamService({
  sql,
  secrets,
  loadKeys,
  readClient: createClientReader({ readSalt }),
  streamServerUrl: requireEnv('STREAM_SERVER_URL'),
  tokenSecretId: requireEnv('STREAM_JWT_SECRET_ARN'),
  urlSecretId: requireEnv('STREAM_URL_SECRET_ARN'),
})

const trackHandlers = createTrackHandlers({
  tracks,
  lists: createTrackLists({ sql, search: createPostgresSearch({ sql }) }),
  trackDeletions: createTrackDeletionService({ sql, relay }),
  reactions: createReactionService({ sql }),
  shares: createShareService({
    sql,
    streams,
    hashVisitor: createVisitorHash({ readSalt }),
    appUrl: requireEnv('APP_URL'),
  }),
  uploads: createUploadService({ sql, store, relay }),
  retryUpload: createUploadRetry({ sql, relay }),
  streams,
})

const handlers = {
  ...trackHandlers,
  ...createVersionHandlers({
    tracks,
    versions: createVersionService({ sql, relay }),
    streamJobs: createStreamJobService({ sql }),
  }),
  ...createDownloadHandlers(createDownloadService({ sql, links })),
  ...createSoundHandlers(createSoundService({ sql, links })),
  ...createArtworkHandlers(createImageService({ sql, store, holder: artworks })),
  ...createCollaborationHandlers({
    collaborations: createCollaborationService({ sql, relay }),
    splits: createSplitService({ sql, relay }),
  }),
}

export const handler = createApi(allTrackRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys }),
})
