import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createOwnPassword } from '../../lib/auth/own-password.ts'
import { createPasswords } from '../../lib/auth/passwords.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { requireEnv, requireNumber } from '../../lib/config.ts'
import { createExportService } from '../../lib/exports/service.ts'
import { createApi } from '../../lib/http/api.ts'
import { createImageService } from '../../lib/images/service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createPlaylistService } from '../../lib/playlists/service.ts'
import { createHistoryService } from '../../lib/plays/history-service.ts'
import { createRelationLists } from '../../lib/relations/lists.ts'
import { createRelationService } from '../../lib/relations/service.ts'
import { createThrottle } from '../../lib/throttle/throttle.ts'
import { createTrackDeletionService } from '../../lib/tracks/deletion-service.ts'
import { createNewestTracks } from '../../lib/tracks/newest.ts'
import { createQuotaService } from '../../lib/uploads/quotas.ts'
import { avatars } from '../../lib/users/avatar.ts'
import { createDeletionService } from '../../lib/users/deletion.ts'
import { createLikeLists } from '../../lib/users/likes.ts'
import { createUserSearch } from '../../lib/users/search.ts'
import { createUserService } from '../../lib/users/service.ts'
import { composeApi } from '../compose.ts'
import { createUserHandlers } from './handlers.ts'
import { userRoutes } from './routes.ts'

const { sql, cache, secrets, api } = composeApi('users')
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

const handlers = createUserHandlers({
  users: createUserService({ sql, relay }),
  tracks: createNewestTracks({ sql }),
  trackDeletions: createTrackDeletionService({ sql, relay }),
  history: createHistoryService({ sql }),
  playlists: createPlaylistService({ sql }),
  deletions: createDeletionService({
    sql,
    relay,
    ownPassword: createOwnPassword({
      sql,
      passwords: createPasswords({ cost: requireNumber('BCRYPT_COST') }),
      throttle: createThrottle({ sql, cache }),
    }),
  }),
  relations: createRelationService({ sql, relay }),
  relationLists: createRelationLists({ sql }),
  likes: createLikeLists({ sql }),
  search: createUserSearch({ sql }),
  avatars: createImageService({
    sql,
    store: createObjectStore(requireEnv('UPLOADS_BUCKET')),
    holder: avatars,
    relay,
  }),
  quotas: createQuotaService({ sql }),
  exports: createExportService({ sql, relay, store: createObjectStore(requireEnv('EXPORTS_BUCKET')) }),
})

export const handler = createApi(userRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
