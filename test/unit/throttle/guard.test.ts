import { createGuard } from '../../../lib/throttle/guard.ts'
import { fromNetwork, type Rule } from '../../../lib/throttle/rules.ts'
import { createClock } from '../../support/accounts.ts'
import { createMemoryCache } from '../../support/memory-cache.ts'

const minute = 60

function prepare(rule: Rule = fromNetwork) {
  const clock = createClock(new Date('2026-01-01T00:00:00Z'))
  const cache = createMemoryCache(clock.now)
  const guard = createGuard({ cache, now: clock.now })
  const attempt = (free?: number) => guard.reserve(rule, 'somebody', free)
  /** 0 for an attempt that is let through, else how long it has to wait. */
  const fail = async (times = 1) => {
    const waits: number[] = []
    for (let i = 0; i < times; i++) waits.push((await attempt()).refusal?.retryAfterSeconds ?? 0)
    return waits
  }
  return { clock, cache, guard, attempt, fail, forgive: () => guard.forgive(rule, 'somebody') }
}

test('lets five fail, and then one after each wait of 1, 2, 4, 8, 15 and 15 minutes', async () => {
  const { clock, fail } = prepare()

  expect(await fail(6)).toEqual([0, 0, 0, 0, 0, minute])
  const waits: number[] = []
  for (let i = 0; i < 6; i++) {
    const [wait] = await fail()
    waits.push(wait! / minute)
    clock.advance(wait!)
    expect(await fail()).toEqual([0])
  }
  expect(waits).toEqual([1, 2, 4, 8, 15, 15])
})

test('says exactly how long it takes', async () => {
  const { clock, fail } = prepare()
  await fail(5)

  clock.advance(13)
  expect(await fail()).toEqual([47])
  clock.advance(46.5)
  expect(await fail()).toEqual([1])
  clock.advance(0.5)
  expect(await fail()).toEqual([0])
})

test('forgets failures a quarter of an hour after the first of them', async () => {
  const { clock, fail } = prepare()

  await fail(4)
  clock.advance(15 * minute)
  expect(await fail(6)).toEqual([0, 0, 0, 0, 0, minute])
})

test('forgets waits 12 hours after the last failure, not sooner', async () => {
  const { clock, fail } = prepare()
  await fail(5)

  clock.advance(12 * 3_600 - 1)
  expect(await fail(2)).toEqual([0, 2 * minute])
  clock.advance(12 * 3_600)
  expect(await fail(6)).toEqual([0, 0, 0, 0, 0, minute])
})

test('starts anew once it is forgiven, from any wait', async () => {
  const { clock, fail, forgive } = prepare()
  await fail(5)
  clock.advance(minute)
  await fail(1)

  await forgive()
  expect(await fail(6)).toEqual([0, 0, 0, 0, 0, minute])
})

test('what is given back never happened', async () => {
  const { clock, attempt, fail } = prepare()

  await fail(4)
  await (await attempt()).release()
  expect(await fail(2)).toEqual([0, minute])
  clock.advance(minute)
  await (await attempt()).release()
  expect(await fail(2)).toEqual([0, 2 * minute])
})

test('with fewer free attempts it waits at once, even where more were made before', async () => {
  const { attempt, fail } = prepare()
  await fail(3)

  expect((await attempt(1)).refusal).toEqual({ retryAfterSeconds: minute, isFirst: true })
  expect(await fail()).toEqual([minute])
})

test('of many at once it lets through as many as in a row, also after a wait', async () => {
  const { clock, attempt } = prepare()
  const letThrough = async () => {
    const places = await Promise.all(Array.from({ length: 100 }, () => attempt()))
    return places.filter(({ refusal }) => !refusal).length
  }

  expect(await letThrough()).toBe(5)
  clock.advance(minute)
  expect(await letThrough()).toBe(1)
  clock.advance(2 * minute)
  expect(await letThrough()).toBe(1)
})

test('marks one refusal of each wait as the first', async () => {
  const { clock, attempt, fail } = prepare()
  const firsts = async () => {
    const places = await Promise.all(Array.from({ length: 20 }, () => attempt()))
    return places.filter(({ refusal }) => refusal?.isFirst).length
  }

  await fail(5)
  expect([await firsts(), await firsts()]).toEqual([1, 0])
  clock.advance(minute)
  expect([await firsts(), await firsts()]).toEqual([1, 0])
})

test('lets nothing through while the cache is down, and says so', async () => {
  const { cache, attempt } = prepare()
  cache.fails = true

  await expect(attempt()).rejects.toMatchObject({
    code: 'unavailable',
    options: { headers: { 'retry-after': '1' } },
  })
})
