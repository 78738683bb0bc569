import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { composeApi } from '../compose.ts'
import { composePlaylists } from './compose.ts'
import { playlistRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('playlists')
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })
const store = createObjectStore(requireEnv('UPLOADS_BUCKET'))

export const handler = createApi(playlistRoutes, composePlaylists({ sql, relay, store }), {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
