import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createSessionCheck } from '../../lib/auth/session-check.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { readList, requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createStreamService } from '../../lib/tracks/stream-service.ts'
import { createUploadService } from '../../lib/tracks/upload-service.ts'
import { createTrackHandlers } from './handlers.ts'
import { trackRoutes } from './routes.ts'

const sql = connect(databaseSettings())
const secrets = createSecrets()
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
  service: 'tracks',
  corsOrigins: readList('CORS_ORIGINS'),
  verifyToken: createTokenVerifier({ loadKeys }),
  checkSession: createSessionCheck({ sql }),
  onTimeout: sql.discard,
})
