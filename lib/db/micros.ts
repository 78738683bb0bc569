import * as z from 'zod/mini'
import type { Db, Fragment } from './client.ts'

/**
 * A time as the database has it, in microseconds since 1970: for cursors, where the milliseconds of a `Date` would
 * skip or repeat what happened within one of them.
 */
export const toMicros = (db: Db, at: Fragment): Fragment => db`(extract(epoch from ${at}) * 1000000)::bigint`

export const fromMicros = (db: Db, micros: number): Fragment =>
  db`('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond')`

/** Up to the year 2255, which a `number` holds exactly. */
export const micros = z.int().check(z.minimum(0), z.maximum(9_000_000_000_000_000))
