import type { Db, Fragment, Sql } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'
import { dayMs, earlier } from '../time.ts'
import { keptDays } from './reading.ts'

const mostAtOnce = 500

/** What is still to be delivered waits for that, and is listed no more. */
export const deleteOldEvents = (sql: Sql, now: Date): Promise<number> =>
  deleteEvents(
    sql,
    sql`
      created_at <= ${earlier(now, keptDays * dayMs)}
      and not exists (select from webhook_deliveries d where d.event_id = e.id and d.status = 'pending')
    `,
  )

/** Within the transaction that ends an account: nobody can read its events any more, and no new ones are written. */
export async function endEventsOf(tx: Db, accountId: string, now: Date): Promise<void> {
  await tx`
    insert into public_event_removals (account_id, created_at) values (${accountId}, ${now}) on conflict do nothing
  `
}

/**
 * Removes what accounts that are gone were told, and what they counted by. Of an account that is there the counts stay
 * for ever: a sequence that began anew would be taken for old news.
 */
export const removeEndedEvents = (sql: Sql): Promise<number> =>
  sql.begin(async (tx) => {
    const [removal] = await tx<[{ account_id: string }?]>`
      select account_id from public_event_removals order by created_at limit 1 for update skip locked
    `
    if (!removal) return 0
    const { account_id } = removal
    const removed =
      (await deleteEvents(tx, tx`account_id = ${account_id}`)) || (await deleteSequences(tx, account_id))
    if (removed > 0) return removed
    await tx`delete from public_event_removals where account_id = ${account_id}`
    return 1
  })

const deleteSequences = (tx: Db, accountId: string) =>
  sweep(tx, { table: 'public_event_sequences', key: 'ctid', isOver: tx`account_id = ${accountId}` })

/** With the deliveries of them, which point to them. */
async function deleteEvents(db: Db, isOver: Fragment): Promise<number> {
  const { count } = await db`
    with over as (
      select id from public_events e where ${isOver} limit ${mostAtOnce} for update skip locked
    ), undelivered as (
      delete from webhook_deliveries where event_id in (select id from over)
    )
    delete from public_events where id in (select id from over)
  `
  return count
}
