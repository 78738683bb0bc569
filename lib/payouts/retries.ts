import type { Sql, Transaction } from '../db/client.ts'
import { requestCall } from '../stripe/calls.ts'
import { dayMs, earlier } from '../time.ts'
import { updatePayout } from './repository.ts'

const mostAtOnce = 50

/** How long what a bank sent back is left alone. */
const patienceMs = dayMs

/** Tries again what reached the account at Stripe but not the bank; answers how many. */
export function retryBankPayouts(sql: Sql, now: Date): Promise<number> {
  return sql.begin(async (tx) => {
    const stuck = await tx<{ id: string }[]>`
      select p.id
      from payouts p
      join sellers s on s.user_id = p.user_id and s.payouts_enabled
      where p.status = 'failed' and p.stripe_transfer_id is not null and p.updated_at < ${earlier(now, patienceMs)}
      order by p.id
      limit ${mostAtOnce}
      for update of p skip locked
    `
    for (const { id } of stuck) await retryBankPayout(tx, id, now)
    return stuck.length
  })
}

/** Those of somebody whom Stripe has just let have their money. */
export async function retryBankPayoutsOf(tx: Transaction, userId: string, now: Date): Promise<void> {
  const stuck = await tx<{ id: string }[]>`
    select id from payouts
    where user_id = ${userId} and status = 'failed' and stripe_transfer_id is not null
    order by id
    for update
  `
  for (const { id } of stuck) await retryBankPayout(tx, id, now)
}

async function retryBankPayout(tx: Transaction, id: string, now: Date): Promise<void> {
  await updatePayout(tx, id, { status: 'in_transit', failed_reason: null }, now)
  await requestCall(tx, 'payout', id, now)
}

/** Has Stripe asked again for what it did not answer to in all the tries of a call; answers how many. */
export function repeatGivenUpCalls(sql: Sql, now: Date): Promise<number> {
  return sql.begin(async (tx) => {
    const stuck = await tx<{ id: string; kind: 'transfer' | 'payout' }[]>`
      select p.id, last.kind
      from payouts p
      cross join lateral (
        select c.kind, c.status from stripe_calls c
        where c.subject_id = p.id and c.kind = case p.status when 'pending' then 'transfer' else 'payout' end
        order by c.id desc
        limit 1
      ) last
      where p.status in ('pending', 'in_transit') and last.status = 'failed'
      order by p.id
      limit ${mostAtOnce}
      for update of p skip locked
    `
    for (const { id, kind } of stuck) await requestCall(tx, kind, id, now)
    return stuck.length
  })
}
