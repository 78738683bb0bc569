import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createStreamService } from '../../lib/tracks/stream-service.ts'
import { createUploadService } from '../../lib/tracks/upload-service.ts'
import { composeApi } from '../compose.ts'
import { createTrackHandlers } from './handlers.ts'
import { trackRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('tracks')
const loadKeys = createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN'))

const handlers = createTrackHandlers({
  tracks: createTrackService({ sql }),
  uploads: createUploadService({ sql, store: createObjectStore(requireEnv('UPLOADS_BUCKET')) }),
  streams: createStreamService({
    sql,
    secrets,
    loadKeys,
    streamServerUrl: requireEnv('STREAM_SERVER_URL'),
    tokenSecretId: requireEnv('STREAM_JWT_SECRET_ARN'),
    urlSecretId: requireEnv('STREAM_URL_SECRET_ARN'),
  }),
})

export const handler = createApi(trackRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys }),
})
