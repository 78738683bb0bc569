import { createPace } from '../../../lib/http/pace.ts'
import { createMemoryCache } from '../../support/memory-cache.ts'

let at = new Date('2026-03-01T12:00:00Z')
const now = () => at
const cache = createMemoryCache(now)
const keepPace = createPace({ cache, now })
const limit = { quota: 2, window_seconds: 600 }
const refusal = (key: string) =>
  keepPace(key, limit).then(
    () => undefined,
    (error) => ({ code: error.code, wait: error.options.headers['retry-after'] }),
  )

test('lets through as many as the quota, each key for itself, and says when there will be more', async () => {
  at = new Date('2026-03-01T12:01:00.500Z')
  expect([await refusal('a'), await refusal('a')]).toEqual([undefined, undefined])
  expect(await refusal('a')).toEqual({ code: 'rate_limited', wait: '540' })
  expect(await refusal('b')).toBeUndefined()

  at = new Date(at.getTime() + 540_000)
  expect(await refusal('a')).toBeUndefined()
})

test('lets everything through while the cache does not answer', async () => {
  cache.fails = true
  for (let call = 0; call < 5; call += 1) expect(await refusal('c')).toBeUndefined()
  cache.fails = false
})
