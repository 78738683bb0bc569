import { isSuspended, type Suspension } from '../auth/suspension.ts'
import { isOver, type SessionTimes } from './lifetimes.ts'

/** How long a replaced token still gets its successor, for answers that were lost and tabs that raced. */
export const graceMs = 30_000

/** A refresh token that was presented, and the session it belongs to. */
export interface PresentedToken extends SessionTimes, Suspension {
  /** Its place in the family. */
  readonly token_counter: number
  /** The place of the token that is current. */
  readonly counter: number
  readonly rotated_at: Date | null
  readonly revoked_at: Date | null
  readonly deleted_at: Date | null
}

/** `repeat` answers with the successor that was already given out; the others refuse or rotate. */
export type Verdict = 'rotate' | 'repeat' | 'expired' | 'suspended' | 'reused'

/**
 * The end of a session comes first, so that the grace window cannot revive it. The window is counted from
 * the rotation and never moves: one that slid would let a stolen token be replayed for ever.
 */
export function judge(token: PresentedToken, now: Date): Verdict {
  if (token.revoked_at || token.deleted_at || isOver(token, now)) return 'expired'
  if (isSuspended(token, now)) return 'suspended'
  if (token.token_counter === token.counter) return 'rotate'
  const isPrevious = token.token_counter === token.counter - 1
  return isPrevious && isInGrace(token.rotated_at, now) ? 'repeat' : 'reused'
}

const isInGrace = (rotatedAt: Date | null, now: Date) =>
  rotatedAt !== null && now.getTime() - rotatedAt.getTime() <= graceMs
