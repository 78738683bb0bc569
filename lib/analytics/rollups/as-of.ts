import type { Db } from '../../db/client.ts'

/** By when what was reported is in the figures; now, where nothing is left to sum up. */
export async function findAsOf(db: Db, now: Date): Promise<Date> {
  const [row] = await db<[{ marked_at: Date | null }]>`
    select min(marked_at) as marked_at
    from (
      select marked_at from analytics_dirty_hours
      union all
      select marked_at from analytics_rolling_hours
      union all
      select marked_at from analytics_dirty_days
    ) marks
  `
  const { marked_at } = row
  return marked_at !== null && marked_at < now ? marked_at : now
}
