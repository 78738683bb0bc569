import type { Cache } from '../../lib/cache/cache.ts'

/** A cache for one test, which may be told to fail. */
export function createMemoryCache(now: () => Date): Cache & { fails: boolean } {
  const entries = new Map<string, { value: string; until: number }>()
  const read = (key: string) => {
    const entry = entries.get(key)
    return entry && entry.until > now().getTime() ? entry : undefined
  }
  const untilOf = (seconds: number) => now().getTime() + seconds * 1_000
  const respond = async <T>(work: () => T): Promise<T> => {
    if (cache.fails) throw new Error('The cache is down')
    return work()
  }

  const cache: Cache & { fails: boolean } = {
    fails: false,
    get: (key) => respond(() => read(key)?.value),
    set: (key, value, ttl) => respond(() => void entries.set(key, { value, until: untilOf(ttl) })),
    delete: (...keys) => respond(() => void keys.map((key) => entries.delete(key))),
    count: (...keys) => respond(() => keys.map((key) => Number(read(key)?.value ?? 0))),
    increment: (counters) =>
      respond(() =>
        counters.map(({ key, by, ttl_seconds }) => {
          const { value, until } = read(key) ?? { value: '0', until: untilOf(ttl_seconds) }
          entries.set(key, { value: String(Number(value) + by), until })
          return Number(value) + by
        }),
      ),
  }
  return cache
}
