import type { Db } from '../db/client.ts'
import { orderRules } from './order-invariants.ts'
import type { Rule } from './rule.ts'

export interface Breach {
  readonly rule: string
  /** What it is broken by: an id, or what identifies the sum. */
  readonly subject: string
}

const ledgerRules = {
  ledger_balanced: (db) => db`
    select currency as subject from ledger_entries group by currency having sum(amount) <> 0
  `,

  movement_balanced: (db) => db`
    select movement_id::text as subject from ledger_entries
    group by movement_id, currency having sum(amount) <> 0
  `,

  balance_is_its_entries: (db) => db`
    select coalesce(b.user_id, e.user_id) || ' ' || coalesce(b.currency, e.currency) as subject
    from balances b
    full join (
      select
        user_id, currency,
        coalesce(sum(amount) filter (where account = 'pending'), 0) as pending,
        coalesce(sum(amount) filter (where account = 'available'), 0) as available,
        coalesce(sum(amount) filter (where account = 'held'), 0) as held,
        coalesce(sum(amount) filter (where account = 'in_transit'), 0) as in_transit
      from ledger_entries
      where user_id is not null
      group by user_id, currency
    ) e using (user_id, currency)
    where (b.pending, b.available, b.held, b.in_transit)
      is distinct from (e.pending, e.available, e.held, e.in_transit)
  `,

  /** Only what is available can be owed to us. */
  balance_not_negative: (db) => db`
    select user_id || ' ' || currency as subject from balances where least(pending, held, in_transit) < 0
  `,

  in_transit_is_being_paid_out: (db) => db`
    select b.user_id || ' ' || b.currency as subject
    from balances b
    where b.in_transit <> (
      select coalesce(sum(p.amount), 0) from payouts p
      where p.user_id = b.user_id and p.currency = b.currency and p.status = 'pending'
    )
  `,

  payout_is_in_the_ledger: (db) => db`
    select p.id::text as subject
    from payouts p
    left join ledger_movements m on m.payout_id = p.id
    group by p.id
    having count(*) filter (where m.kind = 'payout') <> 1
      or count(*) filter (where m.kind = 'transfer') <> (p.stripe_transfer_id is not null)::int
      or count(*) filter (where m.kind = 'payout_failed')
        <> (p.status = 'failed' and p.stripe_transfer_id is null)::int
  `,
} satisfies Readonly<Record<string, Rule>>

export const rules: Readonly<Record<string, Rule>> = { ...ledgerRules, ...orderRules }

/** What must never be: every rule of money that is broken, with what it is broken by. */
export async function findBreaches(db: Db): Promise<readonly Breach[]> {
  const breaches: Breach[] = []
  for (const [rule, find] of Object.entries(rules)) {
    for (const { subject } of await find(db)) breaches.push({ rule, subject })
  }
  return breaches
}
