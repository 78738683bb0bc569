import { AppError } from '../errors.ts'
import type { Credentials } from './repository.ts'
import { isSuspended } from './suspension.ts'

/** Told only to whoever has proved to be the owner. */
export function whyShut(account: Credentials, at: Date) {
  // Its days of grace are over, and it is as good as gone: the sweep that comes is only not here yet.
  if (account.deletes_at && account.deletes_at <= at) return 'invalid_credentials'
  if (isSuspended(account, at)) return 'account_suspended'
  if (!account.email_verified_at) return 'email_not_verified'
  return account.must_reset_password ? 'password_reset_required' : undefined
}

export function refuseShut(account: Credentials, at: Date) {
  const reason = whyShut(account, at)
  if (reason) throw new AppError(reason)
}
