import type postgres from 'postgres'
import { dayMs, earlier } from '../../../lib/time.ts'
import type { Progress } from '../progress.ts'
import { type Kept, takeKeys } from './indexes.ts'
import { movedSums, moveRows, prepareMoves } from './moved-sums.ts'
import type { World } from './raw-rows.ts'
import { dayOf, type Slice } from './slice.ts'

/** A dashboard reads the hours of a week at most. */
const daysByHour = 8
const daysAtOnce = 6

/**
 * Lays the sums of the slice on all other days of the world, each time with other artists and other listeners in the
 * places, taken in turn from those that are about as well known. So every day has as many rows as one that was really
 * summed up, its parts agree with each other, and in a year different people have listened. `sql` has two connections.
 */
export async function fillDays(
  sql: postgres.Sql,
  world: World,
  slice: Slice,
  progress: Progress,
): Promise<void> {
  await prepareMoves(sql, world, slice)
  const tables = movedSums.map(({ table }) => table)
  const columns = await columnsOf(sql, tables)
  const parts = await listParts(sql)
  const byHour = dayOf(earlier(world.now, (daysByHour - 1) * dayMs))
  const kept = await takeKeys(sql, tables)
  await progress.step('other days', world.days - slice.days, (tell) =>
    inTwo(parts, async (days) => {
      for (const sum of movedSums) {
        const some = sum.table === 'hourly_stats' ? days.filter((day) => day >= byHour) : days
        if (some.length > 0) await sql.unsafe(moveRows(sum, columns.get(sum.table)!), [some])
      }
      tell(days.length)
    }),
  )
  await progress.step('indexes', kept.length, (tell) => bringBack(sql, kept, tell))
  await progress.step('vacuum', tables.length, (tell) =>
    inTwo(tables, async (table) => {
      await sql`vacuum analyze ${sql(table)}`
      tell(1)
    }),
  )
}

async function columnsOf(sql: postgres.Sql, tables: readonly string[]) {
  const rows = await sql<{ table: string; columns: string[] }[]>`
    select attrelid::regclass::text as table, array_agg(attname::text order by attnum) as columns
    from pg_attribute
    where attrelid = any(${tables as string[]}::regclass[]) and attnum > 0 and not attisdropped
    group by attrelid
  `
  return new Map(rows.map(({ table, columns }) => [table, columns]))
}

async function listParts(sql: postgres.Sql): Promise<string[][]> {
  const rows = await sql<{ day: string }[]>`
    select to_char(day, 'YYYY-MM-DD') as day from bench.days order by day
  `
  const days = rows.map(({ day }) => day)
  return Array.from({ length: Math.ceil(days.length / daysAtOnce) }, (_, n) =>
    days.slice(n * daysAtOnce, (n + 1) * daysAtOnce),
  )
}

/** Those of one table after one another: two would wait for each other. */
async function bringBack(sql: postgres.Sql, kept: readonly Kept[], tell: (done: number) => void) {
  const byTable = [...Map.groupBy(kept, ({ table }) => table).values()]
  await inTwo(byTable, async (some) => {
    for (const { statement } of some) {
      await sql.unsafe(statement)
      tell(1)
    }
  })
}

async function inTwo<T>(items: readonly T[], work: (item: T) => Promise<void>) {
  const left = items.values()
  const run = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all([run(), run()])
}
