import type { Sql } from '../db/client.ts'
import { later } from '../time.ts'
import type { Cache } from './cache.ts'

export interface PostgresCacheDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** In an unlogged table. An entry whose time is over reads as absent until the sweep deletes it. */
export function createPostgresCache({ sql, now = () => new Date() }: PostgresCacheDependencies): Cache {
  const after = (seconds: number) => later(now(), seconds * 1_000)

  return {
    async get(key) {
      const [row] = await sql<[{ value: string }?]>`
        select value from cache_entries where key = ${key} and expires_at > ${now()}
      `
      return row?.value
    },

    async set(key, value, ttlSeconds) {
      await sql`
        insert into cache_entries (key, value, expires_at) values (${key}, ${value}, ${after(ttlSeconds)})
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at
      `
    },

    async delete(...keys) {
      await sql`delete from cache_entries where key = any(${keys})`
    },

    /** In the order of the keys, so that two calls never wait for each other. */
    async increment(counters) {
      const rows = await sql<{ key: string; count: number }[]>`
        insert into cache_entries as entry (key, count, expires_at)
        select * from unnest(
          ${counters.map(({ key }) => key)}::text[],
          ${counters.map(({ by }) => by)}::bigint[],
          ${counters.map(({ ttl_seconds }) => after(ttl_seconds).toISOString())}::timestamptz[]
        ) as added (key, count, expires_at)
        order by key
        on conflict (key) do update set
          count = case when entry.expires_at > ${now()} then entry.count else 0 end + excluded.count,
          expires_at = case when entry.expires_at > ${now()} then entry.expires_at else excluded.expires_at end
        returning key, count
      `
      const counts = new Map(rows.map(({ key, count }) => [key, count]))
      return counters.map(({ key }) => counts.get(key)!)
    },

    async count(...keys) {
      const rows = await sql<{ key: string; count: number }[]>`
        select key, count from cache_entries where key = any(${keys}) and expires_at > ${now()}
      `
      const counts = new Map(rows.map(({ key, count }) => [key, count]))
      return keys.map((key) => counts.get(key) ?? 0)
    },
  }
}

/** Deletes what nobody can read any more, some at a time, and leaves alone what somebody counts on anew just now. */
export async function deleteExpiredEntries(sql: Sql, now: Date): Promise<number> {
  const { count } = await sql`
    delete from cache_entries
    where ctid in (
      select ctid from cache_entries where expires_at < ${now} limit 10000 for update skip locked
    )
  `
  return count
}
