import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createPasswords } from '../../lib/auth/passwords.ts'
import { createRegistrationService } from '../../lib/auth/registration.ts'
import { createAuthService } from '../../lib/auth/service.ts'
import { createSessionCheck } from '../../lib/auth/session-check.ts'
import { createAccessTokenSigner } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { readList, requireEnv, requireNumber } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createUserService } from '../../lib/users/service.ts'
import { createAuthHandlers } from './handlers.ts'
import { authRoutes } from './routes.ts'

const sql = connect(databaseSettings())
const secrets = createSecrets()
const common = {
  sql,
  passwords: createPasswords({ cost: requireNumber('BCRYPT_COST') }),
  users: createUserService({ sql }),
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
}

const handlers = createAuthHandlers({
  registration: createRegistrationService(common),
  auth: createAuthService({
    ...common,
    signer: createAccessTokenSigner({
      loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')),
      ttlSeconds: requireNumber('ACCESS_TOKEN_TTL_SECONDS'),
    }),
    cipher: createFieldCipher({ loadKeys: createKeyLoader(secrets, requireEnv('FIELD_SECRET_ARN')) }),
  }),
})

export const handler = createApi(authRoutes, handlers, {
  service: 'auth',
  corsOrigins: readList('CORS_ORIGINS'),
  checkSession: createSessionCheck({ sql }),
  onTimeout: sql.discard,
})
