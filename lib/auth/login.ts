import { type Origin, recordAudit } from '../audit/record.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError, type ProblemCode } from '../errors.ts'
import { findKnownDevice, trustedSince } from '../factors/devices.ts'
import type { MfaRequired } from '../factors/schemas.ts'
import type { SecondFactor } from '../factors/second-factor.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { Admission, AdmissionReply } from './admission.ts'
import { holdPassword, replacePasswordHash } from './password-repository.ts'
import type { Passwords } from './passwords.ts'
import { type Credentials, findCredentials, findCredentialsById } from './repository.ts'
import type { Login } from './schemas.ts'
import type { SecondStep } from './second-step.ts'
import { whyShut } from './shut-accounts.ts'

export interface LoginDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly secondFactor: Pick<SecondFactor, 'methods'>
  readonly secondStep: Pick<SecondStep, 'ask'>
  readonly admission: Admission
  readonly throttle: Pick<Throttle, 'logins'>
  readonly now?: () => Date
}

interface Wanted {
  readonly device_secret: string | undefined
  readonly is_cookie: boolean
  readonly remember: boolean | undefined
}

export type LoginService = ReturnType<typeof createLoginService>

export function createLoginService(dependencies: LoginDependencies) {
  const {
    sql,
    passwords,
    secondFactor,
    secondStep,
    admission,
    throttle,
    now = () => new Date(),
  } = dependencies

  const refuse = async (reason: ProblemCode, user_id: string | undefined, origin: Origin): Promise<never> => {
    const entry = { action: 'session.refused', outcome: 'failure', user_id, details: { reason } } as const
    await recordAudit(sql, entry, origin, now())
    throw new AppError(reason)
  }

  /** A hash of a time when a lower cost was enough is replaced as soon as the password is at hand. */
  const renewHash = async (user: Credentials, password: string): Promise<Credentials> => {
    if (!passwords.isOutdated(user.password_hash)) return user
    const to = await passwords.hash(password)
    const change = { user_id: user.id, from: user.password_hash, to }
    if (await replacePasswordHash(sql, change)) return { ...user, password_hash: to }
    const present = await findCredentialsById(sql, user.id)
    return present && (await passwords.matches(password, present.password_hash)) ? present : user
  }

  /** With the account locked, so that a second factor which is turned on meanwhile is asked for too. */
  const goOn = async (tx: Db, user: Credentials, wanted: Wanted, origin: Origin) => {
    const { device_secret, is_cookie, remember } = wanted
    const methods = await secondFactor.methods(tx, user.id)
    const auth_time =
      methods.length > 0 ? trustedSince(await findKnownDevice(tx, user.id, device_secret), now()) : now()
    if (!auth_time) {
      const asked = { user_id: user.id, is_cookie, is_remembered: remember ?? false }
      return secondStep.ask(tx, asked, methods, origin)
    }
    const is_persistent = remember ?? !is_cookie
    const how = { acr: 'aal1', auth_time, is_cookie, is_persistent, is_trusted: false } as const
    return admission.admit(tx, { user, ...how, device_secret }, origin)
  }

  return {
    async login(
      { identifier, password, cookie: is_cookie = false, remember }: Login,
      device_secret: string | undefined,
      origin: Origin,
    ): Promise<AdmissionReply | MfaRequired> {
      const user = await findCredentials(sql, identifier)
      const device = await findKnownDevice(sql, user?.id ?? null, device_secret)
      const account = { identifier, user_id: user?.id, device_id: device?.id }
      const attempt = await throttle.logins.admit(account, origin)
      const hash = attempt.isCompared ? user?.password_hash : undefined
      const isRight = await passwords.matches(password, hash)
      if (!user || !isRight) return refuse('invalid_credentials', user?.id, origin)
      await attempt.succeed()
      const shut = whyShut(user, now())
      if (shut) return refuse(shut, user.id, origin)
      const present = await renewHash(user, password)

      const outcome = await sql.begin(async (tx) =>
        (await holdPassword(tx, present))
          ? goOn(tx, user, { device_secret, is_cookie, remember }, origin)
          : undefined,
      )
      if (!outcome) return refuse('invalid_credentials', user.id, origin)
      return 'mfa_required' in outcome ? outcome : admission.answer(outcome)
    },
  }
}
