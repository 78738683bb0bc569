import { createAdmission } from '../../lib/auth/admission.ts'
import { createPasswordCheck } from '../../lib/auth/current-password.ts'
import type { FieldCipher } from '../../lib/auth/field-cipher.ts'
import { createLoginService } from '../../lib/auth/login.ts'
import { createPasskeyLogin } from '../../lib/auth/passkey-login.ts'
import type { Passwords } from '../../lib/auth/passwords.ts'
import { createSecondStep } from '../../lib/auth/second-step.ts'
import type { AccessTokenSigner } from '../../lib/auth/tokens.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createPasskeyProof } from '../../lib/factors/passkey-proof.ts'
import { createPasskeyService } from '../../lib/factors/passkeys.ts'
import { createSecondFactor } from '../../lib/factors/second-factor.ts'
import { createTwoFactorService } from '../../lib/factors/two-factor.ts'
import { createWebauthn, type WebauthnSettings } from '../../lib/factors/webauthn.ts'
import type { OutboxRelay } from '../../lib/outbox.ts'
import type { SessionService } from '../../lib/sessions/service.ts'
import { createStepUpService } from '../../lib/sessions/step-up.ts'
import type { Throttle } from '../../lib/throttle/throttle.ts'
import type { UserService } from '../../lib/users/service.ts'

export interface SignInDependencies {
  readonly sql: Sql
  readonly cipher: FieldCipher
  readonly signer: AccessTokenSigner
  readonly passwords: Passwords
  readonly users: Pick<UserService, 'get'>
  readonly sessions: Pick<SessionService, 'start' | 'answer'>
  readonly relay: OutboxRelay
  readonly throttle: Throttle
  readonly passkeyDomain: WebauthnSettings
  readonly now?: () => Date
}

/** Everything by which an account is entered, one factor or two. */
export function composeSignIn(dependencies: SignInDependencies) {
  const secondFactor = createSecondFactor(dependencies)
  const isPassword = createPasswordCheck(dependencies)
  const admission = createAdmission(dependencies)
  const secondStep = createSecondStep({ ...dependencies, secondFactor, admission })
  const webauthn = createWebauthn(dependencies.passkeyDomain)
  const passkeys = createPasskeyService({ ...dependencies, webauthn })
  const prove = createPasskeyProof({ ...dependencies, webauthn })
  return {
    passkeys,
    passkeyLogins: createPasskeyLogin({ ...dependencies, passkeys, prove, secondStep, admission }),
    secondFactor,
    admission,
    secondStep,
    logins: createLoginService({ ...dependencies, secondFactor, secondStep, admission }),
    twoFactor: createTwoFactorService({ ...dependencies, secondFactor, isPassword }),
    stepUp: createStepUpService({ ...dependencies, secondFactor, isPassword }),
  }
}
