import type { Db } from '../../db/client.ts'
import { dayOf } from '../../time.ts'

export interface MarkedHour {
  readonly hour: Date
  readonly marked_at: Date
}

/** Takes marks away, the newest hours first, and notes that these are under way. Those of before a time are let go. */
export async function claimHours(db: Db, since: Date, limit: number): Promise<void> {
  await db`
    with taken as (
      delete from analytics_dirty_hours
      where hour in (
        select hour from analytics_dirty_hours order by hour desc limit ${limit} for update skip locked
      )
      returning hour, marked_at
    )
    insert into analytics_rolling_hours as kept (hour, marked_at)
    select hour, marked_at from taken where hour >= ${since} order by hour
    on conflict (hour) do update set marked_at = least(kept.marked_at, excluded.marked_at)
  `
}

export async function lockRollingHour(db: Db): Promise<MarkedHour | undefined> {
  const [row] = await db<[MarkedHour?]>`
    select hour, marked_at from analytics_rolling_hours order by hour desc limit 1 for update skip locked
  `
  return row
}

export async function deleteRollingHour(db: Db, hour: Date): Promise<void> {
  await db`delete from analytics_rolling_hours where hour = ${hour}`
}

export async function markDay(db: Db, { hour, marked_at }: MarkedHour): Promise<void> {
  await db`
    insert into analytics_dirty_days as kept (day, marked_at) values (${dayOf(hour)}, ${marked_at})
    on conflict (day) do update set marked_at = least(kept.marked_at, excluded.marked_at)
  `
}

/** Takes away the mark of a day that nobody else is at. */
export async function takeDay(db: Db): Promise<string | undefined> {
  const [row] = await db<[{ day: string }?]>`
    delete from analytics_dirty_days
    where day in (select day from analytics_dirty_days order by day desc limit 1 for update skip locked)
    returning to_char(day, 'YYYY-MM-DD') as day
  `
  return row?.day
}

/** Has the hours from one time to another summed up anew. */
export async function markHours(db: Db, from: Date, to: Date, now: Date): Promise<number> {
  const { count } = await db`
    insert into analytics_dirty_hours as kept (hour, marked_at)
    select hour, ${now} from generate_series(
      date_trunc('hour', ${from}::timestamptz, 'UTC'), ${to}::timestamptz - interval '1 microsecond', interval '1 hour'
    ) as hour
    on conflict (hour) do update set marked_at = least(kept.marked_at, excluded.marked_at)
  `
  return count
}
