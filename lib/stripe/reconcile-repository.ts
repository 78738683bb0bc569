import type { Db } from '../db/client.ts'
import { dayMs, earlier, minuteMs } from '../time.ts'

/** By then what Stripe tells by itself has come, unless it was lost. */
const graceMs = 15 * minuteMs

const batch = 100

/**
 * Orders of which something is open: unpaid ones, refunds and disputes that are not settled, what was paid and has to
 * go back. Each is asked for at most every ten minutes, and less often the longer it takes.
 */
export const takeOpenOrders = (db: Db, now: Date) => db<{ order_id: string }[]>`
  update orders set reconciled_at = ${now}
  where id in (
    select id from orders
    where id in (
        select id from orders
        where status = 'requires_payment' and payment_intent_id is not null and created_at <= ${earlier(now, graceMs)}
        union
        select id from orders
        where status = 'paid' and end_reason is not null and paid_at <= ${earlier(now, graceMs)}
        union
        select order_id from refunds where status = 'pending' and created_at <= ${earlier(now, graceMs)}
        union
        select order_id from disputes where closed_at is null
      )
      and (
        reconciled_at is null
        or reconciled_at <= ${now}::timestamptz
          - least(greatest((reconciled_at - created_at) / 4, interval '10 minutes'), interval '1 day')
      )
    order by reconciled_at nulls first
    limit ${batch}
    for update skip locked
  )
  returning id as order_id
`

/** Payouts that are under way for longer than that takes. */
export const listOpenPayouts = (db: Db, now: Date) => db<{ payout_id: string }[]>`
  select id as payout_id from payouts
  where status in ('pending', 'in_transit') and updated_at <= ${earlier(now, dayMs)}
`

export interface OpenOrder {
  readonly id: string
  readonly payment_intent_id: string | null
}

export async function findOpenOrder(db: Db, id: string): Promise<OpenOrder | undefined> {
  const [order] = await db<[OpenOrder?]>`select id, payment_intent_id from orders where id = ${id}`
  return order
}

export interface OpenPayout {
  readonly id: string
  readonly stripe_transfer_id: string | null
  readonly stripe_payout_id: string | null
  readonly stripe_account_id: string | null
}

export async function findOpenPayout(db: Db, id: string): Promise<OpenPayout | undefined> {
  const [payout] = await db<[OpenPayout?]>`
    select p.id, p.stripe_transfer_id, p.stripe_payout_id, s.stripe_account_id
    from payouts p
    left join sellers s on s.user_id = p.user_id
    where p.id = ${id} and p.status in ('pending', 'in_transit')
  `
  return payout
}
