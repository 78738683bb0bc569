import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createTokenVerifier } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createObjectStore } from '../../lib/aws/object-store.ts'
import { readText, requireEnv, requireNumber } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createMediaLinks } from '../../lib/media/delivery/media-links.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createStripe } from '../../lib/stripe/client.ts'
import { createStripeSecretLoader } from '../../lib/stripe/secret.ts'
import { composeApi } from '../compose.ts'
import { composeMarketplace } from './compose.ts'
import { marketplaceRoutes } from './routes.ts'

const { sql, secrets, api } = composeApi('marketplace')
const loadStripeSecret = createStripeSecretLoader(secrets, requireEnv('STRIPE_SECRET_ARN'))

const handlers = composeMarketplace({
  sql,
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
  stripe: createStripe({ loadSecret: loadStripeSecret, apiUrl: readText('STRIPE_API_URL') }),
  stripeQueue: createJobQueue(requireEnv('STRIPE_QUEUE_URL')),
  loadStripeSecret,
  licenseKeys: createKeyLoader(secrets, requireEnv('LICENSE_KEY_SECRET_ARN')),
  media: createMediaLinks({
    mediaUrl: requireEnv('MEDIA_URL'),
    secrets,
    keySecretId: requireEnv('MEDIA_KEY_SECRET_ARN'),
  }),
  exports: createObjectStore(requireEnv('EXPORTS_BUCKET')),
  settings: {
    feeBps: requireNumber('PLATFORM_FEE_BPS'),
    appUrl: requireEnv('APP_URL'),
    apiUrl: requireEnv('API_URL'),
  },
})

export const handler = createApi(marketplaceRoutes, handlers, {
  ...api,
  verifyToken: createTokenVerifier({ loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')) }),
})
