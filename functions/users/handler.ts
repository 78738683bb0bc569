import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { requireEnv } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createTrackService } from '../../lib/tracks/service.ts'
import { createUserService } from '../../lib/users/service.ts'
import { composeApi } from '../compose.ts'
import { createUserHandlers } from './handlers.ts'
import { userRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('users')

const handlers = createUserHandlers({
  users: createUserService({ sql }),
  tracks: createTrackService({ sql }),
})

export const handler = createApi(userRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
