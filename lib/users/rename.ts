import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import { isReservedUsername } from '../auth/reserved-usernames.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { dayMs, later } from '../time.ts'
import {
  deleteUsernameHold,
  holdsUsername,
  holdUsername,
  isUsernameTaken,
  markUsernameChanged,
} from './username-repository.ts'

/** How long a name must be kept, and how long the one before it leads to its user and is given to nobody. */
const renameEveryMs = 14 * dayMs
const holdMs = 14 * dayMs

export interface Named {
  readonly id: string
  readonly username: string
  readonly username_changed_at: Date | null
}

/**
 * All that a new name takes beside the name itself; the row of the user is locked. A name that is still held for
 * the user may be had back at any time, which starts no new term.
 */
export async function prepareRename(
  tx: Db,
  user: Named,
  to: string,
  { session_id, ...origin }: Origin & Pick<Actor, 'session_id'>,
  now: Date,
): Promise<void> {
  const { id, username: from, username_changed_at } = user
  const isReturn = await holdsUsername(tx, to, id, now)
  if (!isReturn) refuseTooSoon(username_changed_at, now)
  if (isReservedUsername(to) || (await isUsernameTaken(tx, to, id, now))) throw new AppError('username_taken')
  await deleteUsernameHold(tx, to)
  await holdUsername(tx, from, id, later(now, holdMs))
  if (!isReturn) await markUsernameChanged(tx, id, now)
  const entry = { action: 'account.username_changed', ...byOwner({ id, session_id }) } as const
  await recordAudit(tx, { ...entry, details: { from, to } }, origin, now)
}

function refuseTooSoon(changedAt: Date | null, now: Date) {
  const until = changedAt && later(changedAt, renameEveryMs)
  if (until && now < until) {
    throw new AppError('username_recently_changed', `It can be changed again at ${until.toISOString()}`)
  }
}
