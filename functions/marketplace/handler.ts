import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { readText, requireEnv, requireNumber } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { composeApi } from '../compose.ts'
import { marketplaceRoutes } from './routes.ts'

const { secrets, api } = composeApi('marketplace')

// A deployment that lacks one of them fails at the start.
requireEnv('EVENTS_QUEUE_URL')
requireEnv('STRIPE_QUEUE_URL')
requireEnv('STRIPE_SECRET_ARN')
readText('STRIPE_API_URL')
requireEnv('LICENSE_KEY_SECRET_ARN')
requireEnv('MEDIA_KEY_SECRET_ARN')
requireEnv('EXPORTS_BUCKET')
requireEnv('APP_URL')
requireEnv('API_URL')
requireNumber('PLATFORM_FEE_BPS')

export const handler = createApi(
  marketplaceRoutes,
  {},
  {
    ...api,
    verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
  },
)
