import { createAuditService } from '../../lib/audit/service.ts'
import { createAdmission } from '../../lib/auth/admission.ts'
import { createEmailChangeService } from '../../lib/auth/email-change.ts'
import type { FieldCipher } from '../../lib/auth/field-cipher.ts'
import { createLoginService } from '../../lib/auth/login.ts'
import { createOwnPassword } from '../../lib/auth/own-password.ts'
import { createPasskeyLogin } from '../../lib/auth/passkey-login.ts'
import type { PasswordPolicy } from '../../lib/auth/password-policy.ts'
import { createPasswordService } from '../../lib/auth/password-service.ts'
import type { Passwords } from '../../lib/auth/passwords.ts'
import { createRegistrationService } from '../../lib/auth/registration.ts'
import { createSecondStep } from '../../lib/auth/second-step.ts'
import type { AccessTokenSigner } from '../../lib/auth/tokens.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createPasskeyProof } from '../../lib/factors/passkey-proof.ts'
import { createPasskeyService } from '../../lib/factors/passkeys.ts'
import { createSecondFactor } from '../../lib/factors/second-factor.ts'
import { createTwoFactorService } from '../../lib/factors/two-factor.ts'
import { createWebauthn, type WebauthnSettings } from '../../lib/factors/webauthn.ts'
import { createNoticeService } from '../../lib/notices/service.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import { createOwnSessions } from '../../lib/sessions/own-sessions.ts'
import { createSessionService } from '../../lib/sessions/service.ts'
import { createStepUpService } from '../../lib/sessions/step-up.ts'
import type { Throttle } from '../../lib/throttle/throttle.ts'
import { createUserService } from '../../lib/users/service.ts'
import { createAccountHandlers } from './account-handlers.ts'
import { createAuditHandlers } from './audit-handlers.ts'
import { createEmailHandlers } from './email-handlers.ts'
import { createFactorHandlers } from './factor-handlers.ts'
import { createNoticeHandlers } from './notice-handlers.ts'
import { createPasskeyHandlers } from './passkey-handlers.ts'
import { createPasswordHandlers } from './password-handlers.ts'
import { createSessionHandlers } from './session-handlers.ts'

export interface AuthDependencies {
  readonly sql: Sql
  readonly cipher: FieldCipher
  readonly signer: AccessTokenSigner
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly throttle: Throttle
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly corsOrigins: readonly string[]
  readonly passkeyDomain: WebauthnSettings
  readonly now?: () => Date
}

/** The services of this group, each given what it stands on, and the handlers that call them. */
export function composeAuth(given: AuthDependencies) {
  const users = createUserService(given)
  const common = {
    ...given,
    users,
    sessions: createSessionService({ ...given, users }),
    ownPassword: createOwnPassword(given),
    secondFactor: createSecondFactor(given),
    webauthn: createWebauthn(given.passkeyDomain),
  }
  const admission = createAdmission(common)
  const secondStep = createSecondStep({ ...common, admission })
  const logins = createLoginService({ ...common, admission, secondStep })
  const passkeys = createPasskeyService(common)
  const prove = createPasskeyProof(common)
  const passkeyLogins = createPasskeyLogin({ ...common, admission, secondStep, passkeys, prove })
  return {
    ...createAccountHandlers({ registration: createRegistrationService(common), logins }),
    ...createFactorHandlers({ twoFactor: createTwoFactorService(common), secondStep }),
    ...createPasskeyHandlers({ passkeys, passkeyLogins }),
    ...createSessionHandlers({
      ...common,
      ownSessions: createOwnSessions(common),
      stepUp: createStepUpService(common),
    }),
    ...createPasswordHandlers(createPasswordService(common)),
    ...createEmailHandlers(createEmailChangeService(common)),
    ...createNoticeHandlers(createNoticeService(common)),
    ...createAuditHandlers(createAuditService(common)),
  }
}
