import { type Origin, recordAudit } from '../audit/record.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError, type ProblemCode } from '../errors.ts'
import { closeChallenge, readChallenge } from '../factors/challenges.ts'
import type { PasskeyProof } from '../factors/passkey-proof.ts'
import type { PasskeyLogin } from '../factors/passkey-schemas.ts'
import type { PasskeyService } from '../factors/passkeys.ts'
import type { Admission, AdmissionReply } from './admission.ts'
import { findCredentialsById } from './repository.ts'
import type { SecondStep } from './second-step.ts'
import { whyShut } from './shut-accounts.ts'

export interface PasskeyLoginDependencies {
  readonly sql: Sql
  readonly passkeys: Pick<PasskeyService, 'loginOptions'>
  readonly prove: PasskeyProof
  readonly secondStep: Pick<SecondStep, 'complete'>
  readonly admission: Admission
  readonly now?: () => Date
}

export type PasskeyLoginService = ReturnType<typeof createPasskeyLogin>

/** Signs in with a passkey: alone, where it verifies the user and so is two factors, or after the password. */
export function createPasskeyLogin(dependencies: PasskeyLoginDependencies) {
  const { sql, passkeys, prove, secondStep, admission, now = () => new Date() } = dependencies

  const recordRefusal = async (tx: Db, user_id: string | undefined, reason: string, origin: Origin) => {
    const details = { method: 'passkey', reason }
    await recordAudit(tx, { action: 'session.refused', outcome: 'failure', user_id, details }, origin, now())
  }

  const afterPassword = (
    { mfa_token, remember, credential }: PasskeyLogin & { mfa_token: string },
    challenge: Challenge,
    deviceSecret: string | undefined,
    origin: Origin,
  ) => {
    const verify = async (tx: Db, userId: string) => {
      if (challenge.user_id !== userId) return undefined
      const proved = await prove(tx, credential, {
        challenge: challenge.webauthn_challenge!,
        user_id: userId,
      })
      if (!proved.is_right && proved.reason === 'sign_count') {
        await recordRefusal(tx, userId, proved.reason, origin)
      }
      return proved.is_right ? 'passkey' : undefined
    }
    return secondStep.complete({ mfa_token, remember }, verify, deviceSecret, origin)
  }

  const alone = async (
    { credential, remember, cookie: is_cookie = false }: PasskeyLogin,
    challenge: Challenge,
    device_secret: string | undefined,
    origin: Origin,
  ) => {
    if (challenge.user_id) throw new AppError('invalid_token')
    let refusal: ProblemCode = 'invalid_credentials'
    const reply = await admission.enter(async (tx) => {
      const proved = await prove(tx, credential, { challenge: challenge.webauthn_challenge! })
      const user = proved.is_right ? await findCredentialsById(tx, proved.user_id) : undefined
      const shut = user && whyShut(user, now())
      if (!user || shut) {
        refusal = shut ?? refusal
        await recordRefusal(tx, proved.user_id, proved.is_right ? refusal : proved.reason, origin)
        return undefined
      }
      const how = { acr: 'aal2', auth_time: now(), is_cookie, is_persistent: remember ?? !is_cookie } as const
      return admission.admit(tx, { user, ...how, is_trusted: remember ?? false, device_secret }, origin)
    })
    if (!reply) throw new AppError(refusal)
    return reply
  }

  return {
    async options(mfaToken: string | undefined) {
      const known =
        mfaToken === undefined ? undefined : await readChallenge(sql, 'second_factor', mfaToken, now())
      return passkeys.loginOptions(known?.user_id ?? undefined)
    },

    async login(
      body: PasskeyLogin,
      deviceSecret: string | undefined,
      origin: Origin,
    ): Promise<AdmissionReply> {
      const challenge = await closeChallenge(sql, 'passkey_login', body.challenge_token, now())
      const { mfa_token } = body
      if (mfa_token === undefined) return alone(body, challenge, deviceSecret, origin)
      return afterPassword({ ...body, mfa_token }, challenge, deviceSecret, origin)
    },
  }
}

type Challenge = Awaited<ReturnType<typeof closeChallenge>>
