import type postgres from 'postgres'
import { movedSums } from './moved-sums.ts'
import type { World } from './raw-rows.ts'
import type { Slice } from './slice.ts'

interface Shape {
  readonly rows: number
  /** On which there are any. */
  readonly days: number
}

export type Shapes = ReadonlyMap<string, Shape>

export async function countShapes(sql: postgres.Sql): Promise<Shapes> {
  const shapes = new Map<string, Shape>()
  for (const { table, day } of movedSums) {
    const [{ rows, days }] = await sql.unsafe<[Shape]>(
      `select coalesce(sum(rows), 0)::float8 as rows, count(*)::int as days from (select count(*) as rows from ${table} group by ${day}) days`,
    )
    shapes.set(table, { rows, days })
  }
  const [{ rows }] = await sql<[{ rows: number }]>`
    select ((select count(*) from plays) + (select count(*) from listens) + (select count(*) from analytics_events))::float8
      as rows
  `
  shapes.set('raw', { rows, days: 0 })
  return shapes
}

/** What was written and what was filled in, and that the one is like the other: rows of sums for each raw row. */
export async function printShapes(sql: postgres.Sql, world: World, slice: Slice, written: Shapes) {
  const whole = await countShapes(sql)
  const raw = written.get('raw')!.rows
  const rawOfDay = world.rows / world.days
  console.log(
    `\nDashboards over ${count(world.rows)} raw rows: ${count(world.tracks)} tracks of ${count(world.owners)} owners, ${count(world.users)} listeners, ${world.days} days`,
  )
  console.log(
    `  raw rows really written and summed up by the roll-up: ${count(raw)}, all of ${slice.days} ${slice.days === 1 ? 'day' : 'days'}`,
  )
  console.log(
    `  sums filled in, without raw rows: ${world.days - slice.days} days, which stand for ${count(world.rows - raw)} raw rows`,
  )
  console.log('  rows of sums for 1,000 raw rows      summed up   with filled        rows    days       MB')
  for (const { table } of movedSums) {
    const { rows, days } = whole.get(table)!
    const perThousand = (1_000 * written.get(table)!.rows) / raw
    const filled = (1_000 * rows) / (days * rawOfDay)
    const [{ megabytes }] = await sql<[{ megabytes: number }]>`
      select sum(pg_total_relation_size(oid))::float8 / 1e6 as megabytes
      from pg_class left join pg_inherits on inhrelid = oid
      where ${table}::regclass in (oid, inhparent)
    `
    console.log(
      `  ${table.padEnd(34)} ${perThousand.toFixed(1).padStart(11)} ${filled.toFixed(1).padStart(13)} ${count(rows).padStart(12)} ${String(days).padStart(6)} ${megabytes.toFixed(0).padStart(8)}`,
    )
  }
}

const count = (value: number) => Math.round(value).toLocaleString('en')
