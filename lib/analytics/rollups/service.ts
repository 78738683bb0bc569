import type { Db, Sql } from '../../db/client.ts'
import { firstOfMonth } from '../../time.ts'
import { rollUpDay } from './days.ts'
import { rollUpHour } from './hours.ts'
import {
  claimHours,
  deleteRollingHour,
  lockRollingHour,
  markDay,
  markHours,
  takeDay,
} from './marks-repository.ts'

/** Of a step: as many hours, then the days that they are in, so that these do not wait for all of a long row of marks. */
const hoursAtOnce = 24
/** Raw rows are kept for 13 months. What is this old has all of its own still, whatever month their tokens are of. */
const monthsRedone = 12
/** The users who listened are known for as long as the plays. */
const monthsKnown = 13

/** From when on hours may be summed up anew; before it, what was summed up stays. */
const redoneSince = (now: Date) => firstOfMonth(now, -monthsRedone)

/** From when on it is known which users listened. */
export const listenersKnownSince = (now: Date) => firstOfMonth(now, -monthsKnown)

/** Sums up some of the hours that were written to, and their days; answers how many hours and days it was. */
export async function rollUp(sql: Sql, now: Date): Promise<number> {
  await claimHours(sql, redoneSince(now), hoursAtOnce)
  let done = 0
  while (done < hoursAtOnce && (await rollUpNextHour(sql))) done += 1
  while (await rollUpNextDay(sql)) done += 1
  return done
}

const rollUpNextHour = (sql: Sql): Promise<boolean> =>
  sql.begin(async (tx) => {
    const marked = await lockRollingHour(tx)
    if (!marked) return false
    await rollUpHour(tx, marked.hour)
    await markDay(tx, marked)
    await deleteRollingHour(tx, marked.hour)
    return true
  })

/** Whoever sums up an hour of it meanwhile waits to mark it, and has it done again. */
const rollUpNextDay = (sql: Sql): Promise<boolean> =>
  sql.begin(async (tx) => {
    const day = await takeDay(tx)
    if (day === undefined) return false
    await rollUpDay(tx, day)
    return true
  })

/**
 * Has everything from one time to another summed up anew from the raw rows, by the runs of the schedule; answers how
 * many hours that is. What is older than the raw rows is left as it is.
 */
export function redo(db: Db, { from, to }: { readonly from: Date; readonly to: Date }, now: Date) {
  const since = redoneSince(now)
  return markHours(db, from > since ? from : since, to < now ? to : now, now)
}

/** Which days somebody listened is known of nobody any more; the numbers stay. */
export async function forgetListener(tx: Db, userId: string): Promise<void> {
  await tx`delete from listener_days where user_id = ${userId}`
}
