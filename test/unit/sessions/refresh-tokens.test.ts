import { graceMs, judge, type PresentedToken } from '../../../lib/sessions/refresh-tokens.ts'

const now = new Date('2026-01-01T12:00:00Z')
const ago = (ms: number) => new Date(now.getTime() - ms)
const ahead = (ms: number) => ago(-ms)

const current: PresentedToken = {
  token_counter: 4,
  counter: 4,
  rotated_at: ago(3_600_000),
  role: 'user',
  created_at: ago(7_200_000),
  last_seen_at: ago(3_600_000),
  idle_expires_at: ahead(1),
  expires_at: ahead(1),
  revoked_at: null,
  deleted_at: null,
  suspended_at: null,
  suspended_until: null,
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
  {
    name: 'the previous one of a suspended user',
    token: { ...replaced, suspended_at: now, suspended_until: ahead(1) },
    verdict: 'suspended',
  },
  {
    name: 'the current token of a user whose suspension is over',
    token: { suspended_at: ago(2), suspended_until: now },
    verdict: 'rotate',
  },
  { name: 'the current token of a deleted user', token: { deleted_at: now }, verdict: 'expired' },
  { name: 'the current token of an admin after an hour', token: { role: 'admin' }, verdict: 'expired' },
  {
    name: 'the current token of an admin just before',
    token: { role: 'admin', last_seen_at: ago(3_599_999) },
    verdict: 'rotate',
  },
  {
    name: 'the current token of an admin after a day',
    token: { role: 'admin', last_seen_at: ago(1), created_at: ago(86_400_000) },
    verdict: 'expired',
  },
])('judges $name: $verdict', ({ token, verdict }) => {
  expect(judge({ ...current, ...token }, now)).toBe(verdict)
})
