import {
  absoluteLifetimeMs,
  firstExpiries,
  graceMs,
  judge,
  nextIdleExpiry,
  type PresentedToken,
} from '../../../lib/sessions/refresh-tokens.ts'

const now = new Date('2026-01-01T12:00:00Z')
const ago = (ms: number) => new Date(now.getTime() - ms)
const ahead = (ms: number) => ago(-ms)

const current: PresentedToken = {
  token_counter: 4,
  counter: 4,
  rotated_at: ago(3_600_000),
  idle_expires_at: ahead(1),
  expires_at: ahead(1),
  revoked_at: null,
  suspended_at: null,
}
const replaced = { token_counter: 3, rotated_at: ago(graceMs) }

test.each<{ name: string; token: Partial<PresentedToken>; verdict: string }>([
  { name: 'the current token', token: {}, verdict: 'rotate' },
  { name: 'the first token', token: { token_counter: 0, counter: 0, rotated_at: null }, verdict: 'rotate' },
  { name: 'the previous one at the end of the window', token: replaced, verdict: 'repeat' },
  {
    name: 'the previous one 1 ms later',
    token: { ...replaced, rotated_at: ago(graceMs + 1) },
    verdict: 'reused',
  },
  { name: 'the one before that', token: { ...replaced, token_counter: 2 }, verdict: 'reused' },
  { name: 'the current token of an idle session', token: { idle_expires_at: now }, verdict: 'expired' },
  { name: 'the current token of an old session', token: { expires_at: now }, verdict: 'expired' },
  { name: 'the current token of an ended session', token: { revoked_at: now }, verdict: 'expired' },
  {
    name: 'the previous one of an ended session',
    token: { ...replaced, revoked_at: now },
    verdict: 'expired',
  },
  {
    name: 'an old one of an expired session',
    token: { token_counter: 0, expires_at: now },
    verdict: 'expired',
  },
  { name: 'the current token of a suspended user', token: { suspended_at: now }, verdict: 'suspended' },
])('judges $name: $verdict', ({ token, verdict }) => {
  expect(judge({ ...current, ...token }, now)).toBe(verdict)
})

test('use keeps a session alive for 14 days, but never past its 30', () => {
  const { idle_expires_at, expires_at } = firstExpiries(now)
  const days = (date: Date) => (date.getTime() - now.getTime()) / 86_400_000

  expect([days(idle_expires_at), days(expires_at)]).toEqual([14, 30])
  expect(days(nextIdleExpiry(ahead(10 * 86_400_000), expires_at))).toBe(24)
  expect(nextIdleExpiry(ahead(absoluteLifetimeMs - 1), expires_at)).toEqual(expires_at)
})
