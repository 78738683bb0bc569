import { randomUUID } from 'node:crypto'
import type { Cache } from '../../../lib/cache/cache.ts'
import { createRateLimiter } from '../../../lib/http/rate-limit.ts'

/** The shared counter, and how often it was asked. */
function prepare() {
  const counts = new Map<string, number>()
  const asked: number[] = []
  let at = new Date('2026-01-01T00:00:00Z').getTime()
  const cache: Pick<Cache, 'increment'> = {
    increment: async (counters) =>
      counters.map(({ key, by }) => {
        asked.push(by)
        counts.set(key, (counts.get(key) ?? 0) + by)
        return counts.get(key)!
      }),
  }
  const environment = () => createRateLimiter({ cache, now: () => new Date(at) })
  const advance = (seconds: number) => {
    at += seconds * 1_000
  }
  return { environment, asked, advance }
}

const guest = { actor: undefined, ip: '192.0.2.1' }
const user = () => ({ actor: { id: randomUUID() }, ip: '192.0.2.1' })

async function countAllowed(take: () => Promise<unknown>, times: number) {
  const results = await Promise.allSettled(Array.from({ length: times }, take))
  return results.filter(({ status }) => status === 'fulfilled').length
}

test('lets exactly the quota through in a window, and again in the next', async () => {
  const { environment, advance } = prepare()
  const take = environment()
  let allowed = 0
  for (let call = 0; call < 70; call++) {
    await take('read', guest).then(
      () => allowed++,
      () => undefined,
    )
  }

  expect(allowed).toBe(60)
  advance(60)
  expect(await take('read', guest)).toMatchObject({ quota: 60, remaining: 59, resets_in_seconds: 60 })
})

test('tells what is left and when the window is over, in the words of the draft', async () => {
  const { environment, advance } = prepare()
  const take = environment()
  advance(15)
  for (let call = 0; call < 5; call++) await take('register', guest)

  await expect(take('register', guest)).rejects.toMatchObject({
    code: 'rate_limited',
    options: {
      headers: {
        'retry-after': '1785',
        'ratelimit-policy': '"register";q=5;w=1800',
        ratelimit: '"register";r=0;t=1785',
      },
    },
  })
})

test('asks the shared counter less and less often as a caller stays busy', async () => {
  const { environment, asked } = prepare()
  const take = environment()
  const caller = user()
  for (let call = 0; call < 202; call++) await take('read', caller)

  expect(asked).toEqual([1, 2, 4, 8, 16, 32, 64, 75])
})

test('never lets more through than the quota, over many environments', async () => {
  const { environment } = prepare()
  const environments = Array.from({ length: 8 }, environment)
  const caller = user()
  let call = 0

  const allowed = await countAllowed(() => environments[call++ % 8]!('write', caller), 400)

  expect(allowed).toBeLessThanOrEqual(120)
  expect(allowed).toBeGreaterThan(60)
})

test('counts users by themselves and guests by their address, or /64', async () => {
  const { environment } = prepare()
  const take = environment()
  const at = (ip: string) => ({ actor: undefined, ip })
  for (let call = 0; call < 5; call++) await take('register', at(`2001:db8:1:2::${call}`))

  await expect(take('register', at('2001:db8:1:2:ffff::9'))).rejects.toThrow()
  expect(await take('register', at('2001:db8:1:3::1'))).toMatchObject({ remaining: 4 })
  expect(await take('read', user())).toMatchObject({ quota: 600 })
  expect(await take('read', guest)).toMatchObject({ quota: 60 })
})

test.each([
  { name: 'read' as const, opens: true },
  { name: 'login' as const, opens: false },
])('$name without the counter: open is $opens', async ({ name, opens }) => {
  const take = createRateLimiter({ cache: { increment: () => Promise.reject(new Error('down')) } })

  const outcome = await take(name, guest).then(
    () => true,
    () => false,
  )

  expect(outcome).toBe(opens)
})
