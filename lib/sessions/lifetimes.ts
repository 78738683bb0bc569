import type { Actor } from '../auth/actor.ts'
import { dayMs, hourMs, later } from '../time.ts'

/** How long a session lasts unused, and at all. */
export interface Lifetimes {
  readonly idle_ms: number
  readonly absolute_ms: number
}

const usual: Lifetimes = { idle_ms: 14 * dayMs, absolute_ms: 30 * dayMs }
/** Of whoever reaches other people's accounts (NIST SP 800-63B-4, AAL2). */
const privileged: Lifetimes = { idle_ms: hourMs, absolute_ms: dayMs }

const lifetimesOf: Readonly<Record<Actor['role'], Lifetimes>> = {
  user: usual,
  creator: usual,
  moderator: usual,
  admin: privileged,
}

export interface Expiries {
  readonly idle_expires_at: Date
  readonly expires_at: Date
}

export function firstExpiries(role: Actor['role'], now: Date): Expiries {
  const { idle_ms, absolute_ms } = lifetimesOf[role]
  return { idle_expires_at: later(now, idle_ms), expires_at: later(now, absolute_ms) }
}

export interface SessionTimes extends Expiries {
  readonly role: Actor['role']
  readonly created_at: Date
  readonly last_seen_at: Date
}

/** By the role that the user has now: whoever was made an admin in the middle of a session is held to theirs. */
export const isOver = ({ role, created_at, last_seen_at, ...given }: SessionTimes, now: Date): boolean =>
  now >= given.idle_expires_at ||
  now >= given.expires_at ||
  now >= later(last_seen_at, lifetimesOf[role].idle_ms) ||
  now >= later(created_at, lifetimesOf[role].absolute_ms)

/** Of a session that is used now. Its end only ever comes nearer. */
export function nextExpiries({ role, created_at, expires_at }: SessionTimes, now: Date): Expiries {
  const { idle_ms, absolute_ms } = lifetimesOf[role]
  const end = earliest(expires_at, later(created_at, absolute_ms))
  return { idle_expires_at: earliest(later(now, idle_ms), end), expires_at: end }
}

const earliest = (one: Date, other: Date) => (one < other ? one : other)
