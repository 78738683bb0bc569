import type postgres from 'postgres'
import { redo, rollUp } from '../../../lib/analytics/rollups/service.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { dayMs, earlier, later } from '../../../lib/time.ts'
import type { Tell } from '../progress.ts'
import { fillDay, type World } from './raw-rows.ts'

/** Enough that the rows of a sum for each raw one are known well. */
const rawRows = 200_000

/** The days, whole ones up to yesterday, of which there are raw rows. */
export interface Slice {
  readonly from: Date
  readonly to: Date
  readonly days: number
}

export function sliceOf({ rows, days, now }: World): Slice {
  const to = new Date(dayOf(now))
  const wanted = Math.min(days, Math.max(1, Math.ceil(rawRows / (rows / days))))
  return { from: earlier(to, wanted * dayMs), to, days: wanted }
}

/** The parts of the tables that are kept in months. */
export async function createMonths(sql: postgres.Sql, { now, days }: World): Promise<void> {
  const first = dayOf(earlier(now, days * dayMs))
  for (const kind of ['play', 'listen', 'analytics', 'listener']) {
    await sql.unsafe(`select create_${kind}_months('${first}'::date, 14)`)
  }
}

export async function writeSlice(sql: postgres.Sql, world: World, { from, days }: Slice, tell: Tell) {
  for (let day = 0; day < days; day++) {
    await fillDay(sql, world, later(from, day * dayMs))
    tell(1)
  }
  await sql`vacuum analyze plays, listens, analytics_events`
}

/** Sums the slice up as production does it. */
export async function sumUpSlice(sql: Sql, { now }: World, { from, to }: Slice, tell: Tell) {
  // What is older than a year would not be summed up anew today: it is summed up as of a month ago.
  const monthAgo = earlier(now, 40 * dayMs)
  for (const at of [monthAgo, now]) {
    await redo(sql, { from: at === now ? laterOf(from, earlier(monthAgo, dayMs)) : from, to }, at)
    for (let done = 1; done > 0; ) {
      done = await rollUp(sql, at)
      tell(done)
    }
  }
}

const laterOf = (one: Date, other: Date) => (one > other ? one : other)

export const dayOf = (time: Date) => time.toISOString().slice(0, 10)
