import type { Sql } from '../db/client.ts'
import { createPostgresCache } from './postgres-cache.ts'
import { createValkeyCache } from './valkey-cache.ts'

export interface Counter {
  readonly key: string
  readonly by: number
  /** Counted from the first addition; later ones do not put it off. */
  readonly ttl_seconds: number
}

/** Short-lived values that every environment shares. What is lost from it may slow us down, never mislead us. */
export interface Cache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlSeconds: number): Promise<void>
  delete(...keys: readonly string[]): Promise<void>
  /** Adds to counters, from 0 where there is none, in one round trip; answers with their new values in order. */
  increment(counters: readonly Counter[]): Promise<number[]>
  /** The values of counters, 0 where there is none. */
  count(...keys: readonly string[]): Promise<number[]>
}

export interface CacheDependencies {
  readonly sql: Sql
  /** Of a Valkey; without it the database does the work. */
  readonly url?: string | undefined
  readonly now?: () => Date
}

/** Valkey keeps time by its own clock. */
export const createCache = ({ url, ...dependencies }: CacheDependencies): Cache =>
  url ? createValkeyCache({ url }) : createPostgresCache(dependencies)
