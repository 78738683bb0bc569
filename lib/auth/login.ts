import type { Origin } from '../audit/record.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { findKnownDevice, trustedSince } from '../factors/devices.ts'
import type { MfaRequired } from '../factors/schemas.ts'
import type { SecondFactor } from '../factors/second-factor.ts'
import type { Admission, AdmissionReply } from './admission.ts'
import type { Passwords } from './passwords.ts'
import { findCredentials } from './repository.ts'
import type { Login } from './schemas.ts'
import type { SecondStep } from './second-step.ts'
import { refuseShut } from './shut-accounts.ts'

export interface LoginDependencies {
  readonly sql: Sql
  readonly passwords: Passwords
  readonly secondFactor: Pick<SecondFactor, 'methods'>
  readonly secondStep: Pick<SecondStep, 'ask'>
  readonly admission: Admission
  readonly now?: () => Date
}

export type LoginService = ReturnType<typeof createLoginService>

export function createLoginService(dependencies: LoginDependencies) {
  const { sql, passwords, secondFactor, secondStep, admission, now = () => new Date() } = dependencies

  return {
    async login(
      { identifier, password, cookie: is_cookie = false, remember }: Login,
      device_secret: string | undefined,
      origin: Origin,
    ): Promise<AdmissionReply | MfaRequired> {
      const user = await findCredentials(sql, identifier)
      const device = await findKnownDevice(sql, user?.id ?? null, device_secret)
      const isRight = await passwords.matches(password, user?.password_hash)
      if (!user || !isRight) throw new AppError('invalid_credentials')
      refuseShut(user, now())

      const methods = await secondFactor.methods(user.id)
      const auth_time = methods.length > 0 ? trustedSince(device, now()) : now()
      if (!auth_time) {
        return secondStep.ask({ user_id: user.id, is_cookie, is_remembered: remember ?? false }, methods)
      }

      const is_persistent = remember ?? !is_cookie
      const how = { acr: 'aal1', auth_time, is_cookie, is_persistent, is_trusted: false } as const
      const reply = await admission.enter((tx) =>
        admission.admit(tx, { user, ...how, device_secret }, origin),
      )
      return reply!
    },
  }
}
