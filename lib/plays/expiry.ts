import type { Sql } from '../db/client.ts'
import { keepMonths } from '../db/months.ts'
import { earlier } from '../time.ts'
import { reportedWithinMs } from './play-token.ts'

/** What was counted of them is kept for ever. */
const plays = { create: 'create_play_months', drop: 'drop_play_months', monthsKept: 13 }

export const keepPlayMonths = (sql: Sql, now: Date) => keepMonths(sql, plays, now)

/** Forgets whose last play no report can meet any more. */
export async function deleteOldWindows(sql: Sql, now: Date): Promise<number> {
  const { count } = await sql`
    delete from play_windows
    where (track_id, listener) in (
      select track_id, listener from play_windows
      where started_at < ${earlier(now, reportedWithinMs)}
      limit 5000
      for update skip locked
    )
  `
  return count
}
