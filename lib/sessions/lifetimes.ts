import type { Actor } from '../auth/actor.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs

/** How long a session lasts unused, and at all. */
export interface Lifetimes {
  readonly idle_ms: number
  readonly absolute_ms: number
}

const usual: Lifetimes = { idle_ms: 14 * dayMs, absolute_ms: 30 * dayMs }
/** Of whoever reaches other people's accounts (NIST SP 800-63B-4, AAL2). */
const privileged: Lifetimes = { idle_ms: hourMs, absolute_ms: dayMs }

export const lifetimesOf: Readonly<Record<Actor['role'], Lifetimes>> = {
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
  return { idle_expires_at: after(now, idle_ms), expires_at: after(now, absolute_ms) }
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
  now >= after(last_seen_at, lifetimesOf[role].idle_ms) ||
  now >= after(created_at, lifetimesOf[role].absolute_ms)

/** Of a session that is used now. Its end only ever comes nearer. */
export function nextExpiries({ role, created_at, expires_at }: SessionTimes, now: Date): Expiries {
  const { idle_ms, absolute_ms } = lifetimesOf[role]
  const end = earlier(expires_at, after(created_at, absolute_ms))
  return { idle_expires_at: earlier(after(now, idle_ms), end), expires_at: end }
}

const after = (from: Date, ms: number) => new Date(from.getTime() + ms)
const earlier = (one: Date, other: Date) => (one < other ? one : other)
