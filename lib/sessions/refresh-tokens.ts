const dayMs = 24 * 60 * 60 * 1000

export const idleLifetimeMs = 14 * dayMs
export const absoluteLifetimeMs = 30 * dayMs

/** How long a replaced token still gets its successor, for answers that were lost and tabs that raced. */
export const graceMs = 30_000

/** A refresh token that was presented, and the session it belongs to. */
export interface PresentedToken {
  /** Its place in the family. */
  readonly token_counter: number
  /** The place of the token that is current. */
  readonly counter: number
  readonly rotated_at: Date | null
  readonly idle_expires_at: Date
  readonly expires_at: Date
  readonly revoked_at: Date | null
  readonly suspended_at: Date | null
}

/** `repeat` answers with the successor that was already given out; the others refuse or rotate. */
export type Verdict = 'rotate' | 'repeat' | 'expired' | 'suspended' | 'reused'

/**
 * The end of a session comes first, so that the grace window cannot revive it. The window is counted from
 * the rotation and never moves: one that slid would let a stolen token be replayed for ever.
 */
export function judge(token: PresentedToken, now: Date): Verdict {
  if (token.revoked_at || now >= token.idle_expires_at || now >= token.expires_at) return 'expired'
  if (token.suspended_at) return 'suspended'
  if (token.token_counter === token.counter) return 'rotate'
  const isPrevious = token.token_counter === token.counter - 1
  return isPrevious && isInGrace(token.rotated_at, now) ? 'repeat' : 'reused'
}

const isInGrace = (rotatedAt: Date | null, now: Date) =>
  rotatedAt !== null && now.getTime() - rotatedAt.getTime() <= graceMs

export const firstExpiries = (now: Date) => ({
  idle_expires_at: new Date(now.getTime() + idleLifetimeMs),
  expires_at: new Date(now.getTime() + absoluteLifetimeMs),
})

export const nextIdleExpiry = (now: Date, expiresAt: Date) =>
  new Date(Math.min(now.getTime() + idleLifetimeMs, expiresAt.getTime()))
