import { createValkeyCache, type ValkeyCache } from '../../../lib/cache/valkey-cache.ts'
import { createRateLimiter } from '../../../lib/http/rate-limit.ts'
import { createGuard } from '../../../lib/throttle/guard.ts'
import { fromNetwork } from '../../../lib/throttle/rules.ts'
import { type Fault, startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { createValkey } from '../../support/valkey.ts'

const server = await createValkey()
const guest = { actor: undefined, ip: '192.0.2.1' }

let proxy: TcpProxy
let cache: ValkeyCache
let clock: number

beforeAll(async () => {
  await server.start()
  proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
})

beforeEach(() => {
  clock = Date.parse('2026-01-01T00:00:00Z')
  const url = `redis://127.0.0.1:${proxy.port}`
  cache = createValkeyCache({ url, commandMs: 200, connectMs: 400, now: () => clock })
})

afterEach(() => cache.end())

afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

const unavailable = { code: 'unavailable', options: { headers: { 'retry-after': '1' } } }

test.each<Fault>(['close', 'reset', 'blackhole'])('works at once after a %s in a freeze', async (fault) => {
  await cache.set('kept', 'a', 60)
  proxy.freeze(fault)
  clock += 120_000

  const startedAt = performance.now()
  expect(await cache.get('kept')).toBe('a')
  expect(performance.now() - startedAt).toBeLessThan(190)
})

test.each<Fault>(['close', 'reset', 'blackhole'])(
  'opens a new line when a %s cut it unnoticed',
  async (fault) => {
    await cache.set('kept', 'b', 60)
    proxy.freeze(fault)

    expect(await Promise.all([cache.get('kept'), cache.get('kept'), cache.count('none')])).toEqual([
      'b',
      'b',
      [0],
    ])
  },
)

test('a server that is stopped is unavailable, soon, and is found again when it is back', async () => {
  const direct = createValkeyCache({ url: server.url })
  const limit = createRateLimiter({ cache: direct })
  const guard = createGuard({ cache: direct })
  await direct.set('a', '1', 60)
  await server.stop()

  const startedAt = performance.now()
  await expect(direct.get('a')).rejects.toMatchObject(unavailable)
  await expect(limit('login', guest)).rejects.toMatchObject(unavailable)
  await expect(guard.reserve(fromNetwork, 'somebody')).rejects.toMatchObject(unavailable)
  await expect(limit('read', guest)).resolves.toBeUndefined()
  expect(performance.now() - startedAt).toBeLessThan(1_000)

  await server.start()
  await direct.set('a', '2', 60)
  expect(await direct.get('a')).toBe('2')
  await expect(limit('login', guest)).resolves.toMatchObject({ quota: 25 })
  expect((await guard.reserve(fromNetwork, 'somebody')).refusal).toBeUndefined()
  direct.end()
})

test('a server that does not answer is unavailable within its time', async () => {
  const nowhere = createValkeyCache({ url: 'redis://198.51.100.1:6379', connectMs: 100 })

  const startedAt = performance.now()
  await expect(nowhere.get('a')).rejects.toMatchObject(unavailable)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})
