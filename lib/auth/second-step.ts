import { type Origin, recordAudit } from '../audit/record.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { challengeSeconds, closeChallenge, openChallenge, takeAttempt } from '../factors/challenges.ts'
import type { AnswerChallenge, MfaRequired } from '../factors/schemas.ts'
import type { ProofMethod, SecondFactor } from '../factors/second-factor.ts'
import type { Attempt } from '../throttle/attempts.ts'
import type { Throttle } from '../throttle/throttle.ts'
import { lockAccount } from '../users/lock.ts'
import type { Admission, AdmissionReply } from './admission.ts'
import { findCredentialsById } from './repository.ts'
import { refuseShut } from './shut-accounts.ts'

export interface SecondStepDependencies {
  readonly sql: Sql
  readonly secondFactor: SecondFactor
  readonly admission: Admission
  readonly throttle: Pick<Throttle, 'attempts'>
  readonly now?: () => Date
}

export type SecondStep = ReturnType<typeof createSecondStep>

export interface Asked {
  readonly user_id: string
  readonly is_cookie: boolean
  readonly is_remembered: boolean
}

/** The second step of a sign-in, after the right password. */
export function createSecondStep(dependencies: SecondStepDependencies) {
  const { sql, secondFactor, admission, throttle, now = () => new Date() } = dependencies

  /** `verify` uses up what it is given; what it gets wrong costs one of the attempts. */
  const complete = async (
    { mfa_token, remember }: Pick<AnswerChallenge, 'mfa_token' | 'remember'>,
    verify: (tx: Db, userId: string) => Promise<ProofMethod | undefined>,
    device_secret: string | undefined,
    origin: Origin,
    attempt: Attempt = unlimited,
  ): Promise<AdmissionReply> => {
    const { user_id, is_cookie, is_remembered } = await takeAttempt(sql, 'second_factor', mfa_token, now())
    const user = await findCredentialsById(sql, user_id!)
    if (!user) throw new AppError('invalid_code')
    refuseShut(user, now())
    const is_trusted = remember ?? is_remembered
    const enter = async (tx: Db) => {
      await lockAccount(tx, user.id)
      const method = await verify(tx, user.id)
      if (!method) {
        await secondFactor.record(tx, user.id, method, origin)
        return undefined
      }
      await closeChallenge(tx, 'second_factor', mfa_token, now())
      const how = {
        acr: 'aal2',
        auth_time: now(),
        is_cookie,
        is_persistent: is_trusted || !is_cookie,
      } as const
      const admitted = await admission.admit(tx, { user, ...how, is_trusted, device_secret }, origin)
      await secondFactor.record(tx, user.id, method, origin, admitted.open.actor.session_id)
      return admitted
    }
    const reply = await attempt(user.id, origin, () => admission.enter(enter))
    if (!reply) throw new AppError('invalid_code')
    return reply
  }

  return {
    complete,

    /** Somebody knows the password: that much stands in the trail, whatever comes of it. */
    async ask(tx: Db, asked: Asked, methods: ProofMethod[], origin: Origin): Promise<MfaRequired> {
      const { user_id } = asked
      await recordAudit(tx, { action: 'two_factor.asked', user_id }, origin, now())
      const mfa_token = await openChallenge(tx, { kind: 'second_factor', ...asked }, now())
      return { mfa_required: true, mfa_token, methods, expires_in: challengeSeconds }
    },

    answer: (body: AnswerChallenge, deviceSecret: string | undefined, origin: Origin) =>
      complete(
        body,
        (tx, userId) => secondFactor.verify(tx, userId, body),
        deviceSecret,
        origin,
        throttle.attempts.secondFactor,
      ),
  }
}

/** What nobody can guess is not counted, so that a lock of the codes does not shut it out. */
const unlimited: Attempt = (_userId, _origin, compare) => compare()
