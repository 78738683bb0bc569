import { AppError } from '../errors.ts'
import type { Credentials } from './repository.ts'
import { isSuspended } from './suspension.ts'

/** Told only to whoever has proved to be the owner. */
export function refuseShut(account: Credentials, at: Date) {
  if (isSuspended(account, at)) throw new AppError('account_suspended')
  if (!account.email_verified_at) throw new AppError('email_not_verified')
  if (account.must_reset_password) throw new AppError('password_reset_required')
}
