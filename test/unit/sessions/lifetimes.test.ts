import { firstExpiries, isOver, nextExpiries, type SessionTimes } from '../../../lib/sessions/lifetimes.ts'

const start = new Date('2026-01-01T12:00:00Z')
const hourMs = 3_600_000
const at = (hours: number) => new Date(start.getTime() + hours * hourMs)
const hours = (date: Date) => (date.getTime() - start.getTime()) / hourMs

const times = (role: SessionTimes['role'], usedAt = 0): SessionTimes => ({
  role,
  created_at: start,
  last_seen_at: at(usedAt),
  ...firstExpiries(role, start),
})

test.each([
  { role: 'user', idle: 14 * 24, absolute: 30 * 24 },
  { role: 'creator', idle: 14 * 24, absolute: 30 * 24 },
  { role: 'moderator', idle: 14 * 24, absolute: 30 * 24 },
  { role: 'admin', idle: 1, absolute: 24 },
] as const)('gives a session of the role $role $idle h unused and $absolute h at all', (row) => {
  const { idle_expires_at, expires_at } = firstExpiries(row.role, start)

  expect([hours(idle_expires_at), hours(expires_at)]).toEqual([row.idle, row.absolute])
})

test('use keeps a session alive for 14 days, but never past its 30', () => {
  const session = times('user')
  const idleAfter = (used: number) => hours(nextExpiries(session, at(used)).idle_expires_at)

  expect(idleAfter(10 * 24)).toBe(24 * 24)
  expect(idleAfter(29 * 24)).toBe(30 * 24)
  expect(nextExpiries(session, at(29 * 24)).expires_at).toEqual(session.expires_at)
})

test('whoever is made an admin keeps a session for a day from its start, and unused for an hour', () => {
  const promoted = { ...times('user', 10), role: 'admin' as const }

  expect(isOver(promoted, at(10.9))).toBe(false)
  expect(isOver(promoted, at(11))).toBe(true)
  expect(isOver({ ...promoted, last_seen_at: at(23.5) }, at(24))).toBe(true)
  const { idle_expires_at, expires_at } = nextExpiries(promoted, at(10.5))
  expect([hours(idle_expires_at), hours(expires_at)]).toEqual([11.5, 24])
})

test('whoever is an admin no more does not get the longer life for a session that began shorter', () => {
  const demoted = { ...times('admin', 0.5), role: 'user' as const }

  expect(hours(nextExpiries(demoted, at(0.9)).expires_at)).toBe(24)
})
