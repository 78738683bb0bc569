import type { Db, Fragment } from '../db/client.ts'
import type { Subject } from './event-runner.ts'
import type { BalanceTransaction } from './port.ts'

export async function keepTransactions(db: Db, transactions: readonly BalanceTransaction[]): Promise<void> {
  if (transactions.length === 0) return
  await db`insert into stripe_balance_transactions ${db(transactions)} on conflict (id) do nothing`
}

/** Up to when everything was told. */
export async function findLatest(db: Db): Promise<Date | undefined> {
  const [row] = await db<[{ created_at: Date | null }]>`
    select max(created_at) as created_at from stripe_balance_transactions
  `
  return row.created_at ?? undefined
}

/** What the ledger does not have, or has otherwise, and where to look for it. */
export interface Difference {
  readonly rule: string
  readonly id: string
  readonly subject: Extract<Subject, 'charge' | 'refund' | 'dispute' | 'transfer'>
  readonly source_id: string
}

/**
 * Each kind of transaction that is ours with its subject, and the movement that it should have. What customers have
 * given and got, and what went to connected accounts, is the same sum the other way round; in another currency it is
 * compared by nobody but Stripe.
 */
const expected = (db: Db, isMeant: Fragment) => db`
  select t.*, kind.subject, case
    when kind.subject = 'charge' then (
      select m.external_id from orders o
      join ledger_movements m on m.order_id = o.id and m.kind = 'sale'
      where o.charge_id = t.source_id
    )
    when t.type = 'refund_failure' then 'refund_failed:' || t.source_id
    when kind.subject = 'dispute' and t.amount > 0 then 'dispute_won:' || t.source_id
    else kind.subject || ':' || t.source_id
  end as external_id
  from stripe_balance_transactions t
  join (values
    ('charge', 'charge'), ('payment', 'charge'), ('refund', 'refund'), ('payment_refund', 'refund'),
    ('refund_failure', 'refund'), ('adjustment', 'dispute'), ('transfer', 'transfer')
  ) kind (type, subject) on kind.type = t.type
  where ${isMeant} and t.source_id is not null and (kind.subject <> 'dispute' or t.source_id ~ '^d[pu]_')
`

interface Range {
  readonly from: Date
  readonly until: Date
}

/** What Stripe has and the ledger has not, or not like that. */
export const listDifferences = (db: Db, { from, until }: Range) => db<Difference[]>`
  select
    t.id, t.subject, t.source_id,
    case
      when m.id is null then 'stripe_movement_is_in_the_ledger'
      when fee.amount is distinct from nullif(t.fee, 0) then 'stripe_fee_is_in_the_ledger'
      else 'stripe_amount_is_that_of_the_ledger'
    end as rule
  from (${expected(db, db`t.created_at >= ${from} and t.created_at < ${until}`)}) t
  left join ledger_movements m on m.external_id = t.external_id
  left join lateral (
    select nullif(sum(e.amount), 0) as amount
    from ledger_movements f join ledger_entries e on e.movement_id = f.id and e.account = 'stripe_fees'
    where f.external_id = 'fee:' || t.id
  ) fee on true
  left join lateral (
    select sum(e.amount) as amount
    from ledger_entries e
    where e.movement_id = m.id and e.account in ('customers', 'connected_accounts') and e.currency = t.currency
  ) moved on true
  where m.id is null or fee.amount is distinct from nullif(t.fee, 0) or moved.amount <> -t.amount
  order by t.created_at, t.id
`

/** What the ledger has and Stripe, which has told of all that time, has not. */
export const listUnknown = (db: Db, { from, until }: Range) => db<{ id: string; external_id: string }[]>`
  select m.id, m.external_id
  from ledger_movements m
  where m.at >= ${from} and m.at < ${until}
    and m.kind in ('sale', 'stripe_fee', 'refund', 'dispute', 'dispute_won', 'transfer')
    and case m.kind
      when 'stripe_fee' then not exists (
        select from stripe_balance_transactions t where t.id = split_part(m.external_id, ':', 2)
      )
      when 'sale' then not exists (
        select from stripe_balance_transactions t
        join orders o on o.charge_id = t.source_id
        where o.id = m.order_id and t.type in ('charge', 'payment')
      )
      else not exists (
        select from stripe_balance_transactions t where t.source_id = split_part(m.external_id, ':', 2)
      )
    end
  order by m.id
`
