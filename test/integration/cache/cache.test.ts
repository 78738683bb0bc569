import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPostgresCache, deleteExpiredEntries } from '../../../lib/cache/postgres-cache.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { createRateLimiter } from '../../../lib/http/rate-limit.ts'
import { createClock } from '../../support/accounts.ts'
import { useCaches } from '../../support/caches.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const clock = createClock()
const caches = useCaches(db, clock)

describe.each(caches)('$engine', ({ engine, ...cache }) => {
  const ttl_seconds = engine === 'postgres' ? 60 : 0.3
  const counter = (key: string, by = 1) => ({ key, by, ttl_seconds })
  /** Valkey goes by its own clock, so there the time is really waited. */
  const pass = async (part: number) => {
    if (engine === 'postgres') clock.advance(ttl_seconds * part)
    else await sleep(ttl_seconds * part * 1_000 + (part === 1 ? 20 : 0))
  }

  test('keeps a value until its time is over or it is deleted', async () => {
    const [kept, gone] = [randomUUID(), randomUUID()]
    await cache.set(kept, 'a', 60)
    await cache.set(gone, 'b', 60)
    await cache.set(kept, 'c', ttl_seconds)
    await cache.delete(gone, randomUUID())

    expect([await cache.get(kept), await cache.get(gone)]).toEqual(['c', undefined])
    await pass(1)
    expect(await cache.get(kept)).toBeUndefined()
  })

  test('counts from 0, several at once, up and down', async () => {
    const [a, b] = [randomUUID(), randomUUID()]
    const lasting = (key: string, by = 1) => ({ key, by, ttl_seconds: 60 })

    expect(await cache.increment([lasting(a), lasting(b, 5)])).toEqual([1, 5])
    expect(await cache.increment([lasting(b), lasting(a, 2)])).toEqual([6, 3])
    expect(await cache.increment([lasting(b, -4)])).toEqual([2])
    expect(await cache.count(a, 'none', b)).toEqual([3, 0, 2])
    await cache.delete(a, b)
    expect(await cache.count(a, b)).toEqual([0, 0])
  })

  test('counts from 0 again once the time from the first addition is over', async () => {
    const key = randomUUID()

    await cache.increment([counter(key)])
    await pass(0.6)
    expect(await cache.increment([counter(key)])).toEqual([2])
    await pass(0.6)
    expect(await cache.count(key)).toEqual([0])
    expect(await cache.increment([counter(key)])).toEqual([1])
  })

  test('loses no addition of many at once', async () => {
    const [a, b] = [randomUUID(), randomUUID()]
    const lasting = (key: string) => ({ key, by: 1, ttl_seconds: 60 })

    const counts = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        cache.increment(i % 2 ? [lasting(a), lasting(b)] : [lasting(b), lasting(a)]),
      ),
    )

    expect(await cache.count(a, b)).toEqual([50, 50])
    expect(new Set(counts.map(([first, second], i) => (i % 2 ? first : second))).size).toBe(50)
  })

  test('counts the calls of a caller who meets many environments, never beyond the quota', async () => {
    const environments = Array.from({ length: 4 }, () => createRateLimiter({ cache, now: clock.now }))
    const caller = { actor: { id: randomUUID() }, ip: '192.0.2.1' }

    const calls = await Promise.allSettled(
      Array.from({ length: 300 }, (_, call) => environments[call % 4]!('write', caller)),
    )

    const allowed = calls.filter(({ status }) => status === 'fulfilled').length
    expect(allowed).toBeLessThanOrEqual(120)
    expect(allowed).toBeGreaterThan(80)
    await expect(environments[0]!('write', caller)).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

test('the sweep deletes what nobody can read any more', async () => {
  const cache = createPostgresCache({ sql: db.sql, now: clock.now })
  const key = randomUUID()
  await cache.set(key, 'a', 60)
  clock.advance(61)

  expect(await deleteExpiredEntries(db.sql, clock.now())).toBeGreaterThanOrEqual(1)
  expect(await db.sql`select from cache_entries where key = ${key}`).toHaveLength(0)
})

test('the sweep neither waits for what is counted on anew just now, nor deletes it', async () => {
  const key = randomUUID()
  const counter = { key, by: 1, ttl_seconds: 60 }
  await createPostgresCache({ sql: db.sql, now: clock.now }).increment([counter])
  clock.advance(61)
  const [other] = await openConnections(1)

  await other!.begin(async (tx) => {
    await createPostgresCache({ sql: tx as unknown as Sql, now: clock.now }).increment([counter])
    await deleteExpiredEntries(db.sql, clock.now())
  })

  expect(await db.sql`select count from cache_entries where key = ${key}`).toEqual([{ count: 1 }])
})
