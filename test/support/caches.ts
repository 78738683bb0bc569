import type { Cache } from '../../lib/cache/cache.ts'
import { createPostgresCache } from '../../lib/cache/postgres-cache.ts'
import { createValkeyCache, type ValkeyCache } from '../../lib/cache/valkey-cache.ts'
import type { Clock } from './accounts.ts'
import type { TestDatabase } from './database.ts'
import { createValkey, type TestValkey } from './valkey.ts'

export interface TestCache extends Cache {
  readonly engine: 'postgres' | 'valkey'
}

/** Both engines for one test file, for `describe.each`. Only PostgreSQL goes by the clock of the test. */
export function useCaches({ sql }: Pick<TestDatabase, 'sql'>, clock: Clock): readonly TestCache[] {
  let server: TestValkey | undefined
  let valkey: ValkeyCache | undefined

  beforeAll(async () => {
    server = await createValkey()
    await server.start()
    valkey = createValkeyCache({ url: server.url })
  })

  afterAll(async () => {
    valkey?.end()
    await server?.stop()
  })

  const late: TestCache = {
    engine: 'valkey',
    get: (...args) => valkey!.get(...args),
    set: (...args) => valkey!.set(...args),
    delete: (...args) => valkey!.delete(...args),
    increment: (...args) => valkey!.increment(...args),
    count: (...args) => valkey!.count(...args),
  }
  return [{ engine: 'postgres', ...createPostgresCache({ sql, now: clock.now }) }, late]
}
