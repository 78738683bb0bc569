import * as fc from 'fast-check'
import { dayMs, hourMs, later } from '../../../lib/time.ts'
import {
  afterFailure,
  afterSuccess,
  dueStage,
  type Health,
  unknownHealth,
} from '../../../lib/webhooks/deliveries/health.ts'

const start = new Date('2026-12-01T00:00:00Z')
const fresh: Health = { ...unknownHealth, last_success_at: null }
const failing = (first: number, last: number, notices = 0): Health => ({
  ...fresh,
  first_failure_at: later(start, first),
  last_failure_at: later(start, last),
  failures_in_row: 2,
  failure_notices: notices,
})

const results = fc.array(fc.record({ at: fc.integer({ min: 0, max: 40 }), succeeds: fc.boolean() }))
const heard = (health: Health, { at, succeeds }: { at: number; succeeds: boolean }) =>
  (succeeds ? afterSuccess : afterFailure)(health, later(start, at))

test('what fails began to fail after the last success, in whatever order that is heard', async () => {
  await fc.assert(
    fc.property(results, (all) => {
      const health = all.reduce(heard, fresh)
      const successes = all.filter(({ succeeds }) => succeeds).map(({ at }) => at)
      const lastSuccess = successes.length === 0 ? null : later(start, Math.max(...successes))
      expect(health.last_success_at).toEqual(lastSuccess)
      const since = all.filter(
        ({ at, succeeds }) => !succeeds && (!lastSuccess || later(start, at) > lastSuccess),
      )
      expect(health.failures_in_row > 0).toBe(since.length > 0)
      if (since.length === 0) expect(health.first_failure_at).toBeNull()
      else {
        const last = later(start, Math.max(...since.map(({ at }) => at)))
        expect(health.last_failure_at).toEqual(last)
        expect(health.first_failure_at!.getTime()).toBeLessThanOrEqual(last.getTime())
        if (lastSuccess) expect(health.first_failure_at!.getTime()).toBeGreaterThan(lastSuccess.getTime())
      }
    }),
  )
})

test.each([
  { name: 'nothing has failed', health: fresh, after: 9 * dayMs, notice: undefined },
  { name: 'it is less than a day', health: failing(0, 20 * hourMs), after: dayMs - 1, notice: undefined },
  { name: 'it is a day', health: failing(0, 20 * hourMs), after: dayMs, notice: 'failing' },
  {
    name: 'it was a single bad time',
    health: failing(0, 12 * hourMs - 1),
    after: 9 * dayMs,
    notice: undefined,
  },
  { name: 'it was told of', health: failing(0, 20 * hourMs, 1), after: 2 * dayMs, notice: undefined },
  { name: 'it is three days', health: failing(0, 60 * hourMs, 1), after: 3 * dayMs, notice: 'still_failing' },
  { name: 'it is five days', health: failing(0, 119 * hourMs, 2), after: 5 * dayMs, notice: 'disabled' },
  {
    name: 'nobody looked for five days',
    health: failing(0, 119 * hourMs),
    after: 5 * dayMs,
    notice: 'disabled',
  },
  {
    name: 'nothing was tried for a day',
    health: failing(0, 95 * hourMs, 2),
    after: 5 * dayMs,
    notice: undefined,
  },
  {
    name: 'it was not told of and nothing was tried for a day',
    health: failing(0, 75 * hourMs, 1),
    after: 6 * dayMs,
    notice: 'still_failing',
  },
])('when $name, the owner is told: $notice', ({ health, after, notice }) => {
  expect(dueStage(health, later(start, after))?.notice).toBe(notice)
})
