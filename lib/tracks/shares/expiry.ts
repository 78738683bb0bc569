import type { Sql } from '../../db/client.ts'
import { dayMs, dayOf, earlier } from '../../time.ts'

/** Who followed a link counts once a day, so days that are over have told all they had to. */
export async function deleteOldClicks(sql: Sql, now: Date): Promise<number> {
  const yesterday = dayOf(earlier(now, dayMs))
  const { count } = await sql`
    delete from share_clicks
    where (share_id, day, visitor) in (
      select share_id, day, visitor
      from share_clicks
      where day < ${yesterday}::date
      limit 5000
      for update skip locked
    )
  `
  return count
}
