import { AppError } from '../errors.ts'
import type { Credentials } from './repository.ts'
import { isSuspended } from './suspension.ts'

/** Told only to whoever has proved to be the owner. */
export function whyShut(account: Credentials, at: Date) {
  if (isSuspended(account, at)) return 'account_suspended'
  if (!account.email_verified_at) return 'email_not_verified'
  return account.must_reset_password ? 'password_reset_required' : undefined
}

export function refuseShut(account: Credentials, at: Date) {
  const reason = whyShut(account, at)
  if (reason) throw new AppError(reason)
}
