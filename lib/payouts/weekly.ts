import type { Sql, Transaction } from '../db/client.ts'
import { openPayout } from './opening.ts'
import { leastPayouts } from './rules.ts'

const mostAtOnce = 50

interface DueBalance {
  readonly user_id: string
  readonly currency: string
  readonly has_left: boolean
}

/**
 * Pays out some of those who have enough available and whom Stripe lets have it, whoever has left however little that
 * is; answers how many. Whoever it fails for keeps nobody else waiting: it throws once only such are left.
 */
export async function payDueSellers(sql: Sql, now: Date): Promise<number> {
  const due = await findDue(sql, now)
  const failures: unknown[] = []
  for (const balance of due) await payOut(sql, balance, now).catch((error) => failures.push(error))
  if (failures.length > 0 && failures.length === due.length) {
    throw new AggregateError(failures, `${failures.length} could not be paid out`)
  }
  return due.length - failures.length
}

const payOut = (sql: Sql, { user_id, currency, has_left }: DueBalance, now: Date) =>
  sql.begin(async (tx) => {
    if (await isStillDue(tx, user_id, currency, now)) {
      await openPayout(tx, { user_id, currency, origin: 'schedule', is_last: has_left }, now)
    }
  })

const dueBalances = (db: Transaction | Sql, now: Date) => db`
  balances b
  join sellers s on s.user_id = b.user_id and s.payouts_enabled
  join users u on u.id = b.user_id and (u.suspended_at is null or u.suspended_until <= ${now})
  join jsonb_to_recordset(${db.json(leastPayouts)}) as least (currency text, amount bigint)
    on least.currency = b.currency and b.available >= case when u.deleted_at is null then least.amount else 1 end
  where not exists (
    select from payouts p where p.user_id = b.user_id and p.currency = b.currency and p.status = 'pending'
  )
`

const findDue = (sql: Sql, now: Date) =>
  sql<DueBalance[]>`
    select b.user_id, b.currency, u.deleted_at is not null as has_left
    from ${dueBalances(sql, now)} order by b.user_id, b.currency limit ${mostAtOnce}
  `

/** Their own request may have come between. */
async function isStillDue(tx: Transaction, userId: string, currency: string, now: Date): Promise<boolean> {
  await tx`select from balances where user_id = ${userId} and currency = ${currency} for update`
  const [row] = await tx`
    select from ${dueBalances(tx, now)} and b.user_id = ${userId} and b.currency = ${currency}
  `
  return row !== undefined
}
