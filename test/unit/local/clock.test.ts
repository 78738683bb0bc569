import { clockOffsetMs, formerTimes, setClockOffset } from '../../../infra/local/clock.ts'

const hour = 3_600_000
afterEach(() => setClockOffset(0))

test('moves the present, however it is asked for', () => {
  const before = Date.now()
  setClockOffset(hour)

  expect(clockOffsetMs()).toBe(hour)
  for (const seen of [Date.now(), Date.parse(new Date().toISOString()), Date.parse(Date())]) {
    expect(seen - before).toBeGreaterThanOrEqual(hour - 1_000)
    expect(seen - before).toBeLessThan(hour + 5_000)
  }
})

test('leaves every other date as it is', () => {
  setClockOffset(hour)

  expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z')
  expect(new Date(2026, 0, 2).getDate()).toBe(2)
  expect(new Date()).toBeInstanceOf(Date)
  expect(Date.UTC(1970, 0)).toBe(0)
})

test('knows for a while what it showed before it was moved', () => {
  const before = Date.now()
  setClockOffset(hour)
  setClockOffset(3 * hour)

  const seen = formerTimes().slice(-2)
  expect(seen.map((time) => Math.round((time - before) / hour))).toEqual([0, 1])
})
