import * as fc from 'fast-check'
import { dayMs, hourMs, minuteMs } from '../../../lib/time.ts'
import { delayAfter, type Failure, mostTries } from '../../../lib/webhooks/deliveries/retry-schedule.ts'

const refused: Failure = { status_code: 500, error: 'status', retry_after_seconds: null }
const timedOut: Failure = { status_code: null, error: 'timeout', retry_after_seconds: null }
const overloaded: Failure = { status_code: 429, error: 'status', retry_after_seconds: null }
const middle = () => 0.5
const planned = [5_000, 5 * minuteMs, 30 * minuteMs, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hourMs)]

test('tries ten times, over about three days', () => {
  const delays = Array.from({ length: mostTries }, (_, tries) => delayAfter(tries + 1, refused, middle))
  expect(delays).toEqual([...planned, undefined])
  expect(planned.reduce((sum, delay) => sum + delay) / dayMs).toBeCloseTo(3.15, 2)
})

test.each(planned.map((base, index) => ({ tries: index + 1, base })))(
  'after $tries tries the delay is up to a fifth shorter or longer',
  ({ tries, base }) => {
    expect(delayAfter(tries, refused, () => 0)).toBeCloseTo(base * 0.8, 6)
    expect(delayAfter(tries, refused, () => 1)).toBeCloseTo(base * 1.2, 6)
  },
)

test.each([
  { failure: overloaded, name: 'one that has too much to do' },
  { failure: timedOut, name: 'one that does not answer in time' },
])('leaves $name alone for a minute at least', ({ failure }) => {
  expect(delayAfter(1, failure, () => 0)).toBe(minuteMs)
  expect(delayAfter(2, failure, () => 0)).toBe(5 * minuteMs)
})

const failures = fc.record<Failure>({
  status_code: fc.constantFrom(null, 302, 400, 429, 500, 503),
  error: fc.constantFrom('status', 'timeout', 'connect_failed'),
  retry_after_seconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
})

test('hears a Retry-After between the delay that there would be and twice that', async () => {
  await fc.assert(
    fc.property(
      fc.integer({ min: 1, max: mostTries - 1 }),
      failures,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (tries, failure, luck) => {
        const isOverloaded = failure.status_code === 429 || failure.error === 'timeout'
        const base = Math.max(planned[tries - 1]!, isOverloaded ? minuteMs : 0)
        const delay = delayAfter(tries, failure, () => luck)!
        const asked = failure.retry_after_seconds! * 1_000
        expect(delay).toBeGreaterThanOrEqual(base)
        expect(delay).toBeLessThanOrEqual(2 * base)
        if (asked <= 2 * base) expect(delay).toBeGreaterThanOrEqual(asked)
      },
    ),
  )
})
