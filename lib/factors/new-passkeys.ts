import { type Origin, recordAudit } from '../audit/record.ts'
import type { Db } from '../db/client.ts'
import { deletePasskeysSince } from './passkeys-repository.ts'

/**
 * Removes the passkeys that came with or after what a user disowns: one of whoever it was would sign in by itself
 * as soon as the password is reset. Older ones are the user's own.
 */
export async function removeNewPasskeys(
  tx: Db,
  user_id: string,
  since: Date,
  origin: Origin,
  now: Date,
): Promise<void> {
  for (const id of await deletePasskeysSince(tx, user_id, since)) {
    const entry = { action: 'passkey.removed', user_id, target: `passkey:${id}` } as const
    await recordAudit(tx, { ...entry, details: { by: 'not_me' } }, origin, now)
  }
}
