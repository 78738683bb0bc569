import * as z from 'zod/mini'
import type { Db, Fragment } from './client.ts'

/**
 * A time as the database has it, in microseconds since 1970: for cursors, where the milliseconds of a `Date` would
 * skip or repeat what happened within one of them.
 */
export const toMicros = (db: Db, at: Fragment): Fragment => db`(extract(epoch from ${at}) * 1000000)::bigint`

const fromMicros = (db: Db, micros: number): Fragment =>
  db`('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond')`

/** Whether a row, by its time and its id, comes after the one that was seen last in a list of newest first. */
export const isOlder = (
  db: Db,
  row: { readonly at: Fragment; readonly id: Fragment },
  seen: { readonly at: number; readonly id: string },
): Fragment => db`(${row.at}, ${row.id}) < (${fromMicros(db, seen.at)}, ${seen.id}::uuid)`

/** Up to the year 2255, which a `number` holds exactly. */
export const micros = z.int().check(z.minimum(0), z.maximum(9_000_000_000_000_000))
