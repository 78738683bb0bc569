import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createSessionCheck } from '../../lib/auth/session-check.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { readList, requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createUserService } from '../../lib/users/service.ts'
import { createUserHandlers } from './handlers.ts'
import { userRoutes } from './routes.ts'

const sql = connect(databaseSettings())

const handlers = createUserHandlers({
  users: createUserService({ sql }),
  tracks: createTrackService({ sql }),
})

export const handler = createApi(userRoutes, handlers, {
  service: 'users',
  corsOrigins: readList('CORS_ORIGINS'),
  verifyToken: createTokenVerifier({
    loadKeys: createKeyLoader(createSecrets(), requireEnv('JWT_SECRET_ARN')),
  }),
  checkSession: createSessionCheck({ sql }),
  onTimeout: sql.discard,
})
