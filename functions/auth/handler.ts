import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createPasswordPolicy } from '../../lib/auth/password-policy.ts'
import { createPasswords } from '../../lib/auth/passwords.ts'
import { createPwnedCheck } from '../../lib/auth/pwned-passwords.ts'
import { createAccessTokenSigner } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { readText, requireEnv, requireNumber } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createThrottle } from '../../lib/throttle/throttle.ts'
import { composeApi } from '../compose.ts'
import { composeAuth } from './compose.ts'
import { authRoutes } from './routes.ts'

const { sql, cache, secrets, api } = composeApi('auth')

const handlers = composeAuth({
  sql,
  cipher: createFieldCipher({ loadKeys: createKeyLoader(secrets, requireEnv('FIELD_SECRET_ARN')) }),
  signer: createAccessTokenSigner({
    loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')),
    ttlSeconds: requireNumber('ACCESS_TOKEN_TTL_SECONDS'),
  }),
  passwords: createPasswords({ cost: requireNumber('BCRYPT_COST') }),
  policy: createPasswordPolicy({ isPwned: createPwnedCheck({ url: readText('PWNED_PASSWORDS_URL') }) }),
  throttle: createThrottle({ sql, cache }),
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
  corsOrigins: api.corsOrigins,
  passkeyDomain: { rpId: requireEnv('WEBAUTHN_RP_ID'), origins: api.corsOrigins },
})

export const handler = createApi(authRoutes, handlers, api)
