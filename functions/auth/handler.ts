import { createAuditService } from '../../lib/audit/service.ts'
import { createEmailChangeService } from '../../lib/auth/email-change.ts'
import { createFieldCipher } from '../../lib/auth/field-cipher.ts'
import { createKeyLoader } from '../../lib/auth/key-ring.ts'
import { createPasswordPolicy } from '../../lib/auth/password-policy.ts'
import { createPasswordService } from '../../lib/auth/password-service.ts'
import { createPasswords } from '../../lib/auth/passwords.ts'
import { createPwnedCheck } from '../../lib/auth/pwned-passwords.ts'
import { createRegistrationService } from '../../lib/auth/registration.ts'
import { createAccessTokenSigner } from '../../lib/auth/tokens.ts'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { readText, requireEnv, requireNumber } from '../../lib/config.ts'
import { createApi } from '../../lib/http/api.ts'
import { createNoticeService } from '../../lib/notices/service.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'
import { createOwnSessions } from '../../lib/sessions/own-sessions.ts'
import { createSessionService } from '../../lib/sessions/service.ts'
import { createThrottle } from '../../lib/throttle/throttle.ts'
import { createUserService } from '../../lib/users/service.ts'
import { composeApi } from '../compose.ts'
import { createAccountHandlers } from './account-handlers.ts'
import { createAuditHandlers } from './audit-handlers.ts'
import { composeSignIn } from './compose-sign-in.ts'
import { createEmailHandlers } from './email-handlers.ts'
import { createFactorHandlers } from './factor-handlers.ts'
import { createNoticeHandlers } from './notice-handlers.ts'
import { createPasskeyHandlers } from './passkey-handlers.ts'
import { createPasswordHandlers } from './password-handlers.ts'
import { authRoutes } from './routes.ts'
import { createSessionHandlers } from './session-handlers.ts'

const { sql, cache, secrets, api } = composeApi('auth')
const common = {
  sql,
  passwords: createPasswords({ cost: requireNumber('BCRYPT_COST') }),
  policy: createPasswordPolicy({ isPwned: createPwnedCheck({ url: readText('PWNED_PASSWORDS_URL') }) }),
  users: createUserService({ sql }),
  throttle: createThrottle({ sql, cache }),
  relay: createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) }),
}
const cipher = createFieldCipher({ loadKeys: createKeyLoader(secrets, requireEnv('FIELD_SECRET_ARN')) })
const signer = createAccessTokenSigner({
  loadKeys: createKeyLoader(secrets, requireEnv('JWT_SECRET_ARN')),
  ttlSeconds: requireNumber('ACCESS_TOKEN_TTL_SECONDS'),
})
const sessions = createSessionService({ ...common, signer, cipher })
const passkeyDomain = { rpId: requireEnv('WEBAUTHN_RP_ID'), origins: api.corsOrigins }
const signIn = composeSignIn({ ...common, signer, cipher, sessions, passkeyDomain })

const handlers = {
  ...createAccountHandlers({
    registration: createRegistrationService(common),
    logins: signIn.logins,
  }),
  ...createAuditHandlers(createAuditService({ sql })),
  ...createNoticeHandlers(createNoticeService(common)),
  ...createFactorHandlers(signIn),
  ...createPasskeyHandlers(signIn),
  ...createSessionHandlers({
    sessions,
    ownSessions: createOwnSessions({ sql }),
    stepUp: signIn.stepUp,
    corsOrigins: api.corsOrigins,
  }),
  ...createPasswordHandlers(createPasswordService(common)),
  ...createEmailHandlers(createEmailChangeService(common)),
}

export const handler = createApi(authRoutes, handlers, api)
