import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { composeApi } from '../compose.ts'
import { composePlaylists } from './compose.ts'
import { playlistRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('playlists')
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

export const handler = createApi(playlistRoutes, composePlaylists({ sql, relay }), {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
