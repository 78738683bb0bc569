import { randomUUID } from 'node:crypto'
import { createPostgresCache, deleteExpiredEntries } from '../../../lib/cache/postgres-cache.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const clock = createClock()
const cache = createPostgresCache({ sql: db.sql, now: clock.now })
const counter = (key: string, by = 1) => ({ key, by, ttl_seconds: 60 })

test('keeps a value until its time is over or it is deleted', async () => {
  const [kept, gone] = [randomUUID(), randomUUID()]
  await cache.set(kept, 'a', 60)
  await cache.set(gone, 'b', 60)
  await cache.set(kept, 'c', 60)
  await cache.delete(gone)

  expect([await cache.get(kept), await cache.get(gone)]).toEqual(['c', undefined])
  clock.advance(60)
  expect(await cache.get(kept)).toBeUndefined()
})

test('counts from 0, several at once, and from 0 again once the time is over', async () => {
  const [a, b] = [randomUUID(), randomUUID()]

  expect(await cache.increment([counter(a), counter(b, 5)])).toEqual([1, 5])
  expect(await cache.increment([counter(b), counter(a, 2)])).toEqual([6, 3])
  clock.advance(59)
  expect(await cache.count(a, b, 'none')).toEqual([3, 6, 0])
  clock.advance(1)
  expect(await cache.count(a)).toEqual([0])
  expect(await cache.increment([counter(a)])).toEqual([1])
})

test('loses no addition of many at once', async () => {
  const [a, b] = [randomUUID(), randomUUID()]

  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      cache.increment(i % 2 ? [counter(a), counter(b)] : [counter(b), counter(a)]),
    ),
  )

  expect(await cache.count(a, b)).toEqual([50, 50])
})

test('the sweep deletes what nobody can read any more', async () => {
  const key = randomUUID()
  await cache.set(key, 'a', 60)
  clock.advance(61)

  expect(await deleteExpiredEntries(db.sql, clock.now())).toBeGreaterThanOrEqual(1)
  expect(await db.sql`select from cache_entries where key = ${key}`).toHaveLength(0)
})
