import type { JobQueue } from '../aws/job-queue.ts'
import type { Sql } from '../db/client.ts'
import { requestCall } from '../stripe/calls.ts'
import { sendToStripeQueue } from '../stripe/messages.ts'
import { earlier, hourMs } from '../time.ts'
import { lockTracks } from '../tracks/locks.ts'
import { letLapse, listLapsedTracks } from './claims.ts'
import { endUnpaid } from './ending.ts'
import { lockOrderWithTracks } from './repository.ts'

const batch = 50

/**
 * Ends orders that were not paid in time: at once where there is no payment, else by asking Stripe, which knows whether
 * somebody has paid meanwhile. Free ones are for `completeOrders`.
 */
export async function expireOrders(sql: Sql, now: Date): Promise<number> {
  const due = await sql<{ id: string }[]>`
    select o.id from orders o
    where o.status = 'requires_payment' and o.expires_at <= ${now} and o.total_amount > 0
      and not exists (
        select from stripe_calls c
        where c.kind = 'cancel_intent' and c.subject_id = o.id
          and (c.status = 'due' or c.updated_at > ${earlier(now, hourMs)})
      )
    order by o.expires_at
    limit ${batch}
  `
  for (const { id } of due) {
    await sql.beginIdempotent(async (tx) => {
      const order = await lockOrderWithTracks(tx, id)
      if (order?.status !== 'requires_payment') return
      if (order.payment_intent_id) await requestCall(tx, 'cancel_intent', id, now)
      else await endUnpaid(tx, order, now)
    })
  }
  return due.length
}

/** Lets others have what was reserved and not paid in time, whatever becomes of its order. */
export async function lapseClaims(sql: Sql, now: Date): Promise<number> {
  const trackIds = await listLapsedTracks(sql, now, batch)
  for (const trackId of trackIds) {
    await sql.beginIdempotent(async (tx) => {
      await lockTracks(tx, tx`t.id = ${trackId}`)
      await letLapse(tx, [trackId], now)
    })
  }
  return trackIds.length
}

/** Has the worker go on with orders that were paid, or are free, and did not get to their end. */
export async function completeOrders(
  { sql, stripeQueue }: { readonly sql: Sql; readonly stripeQueue: Pick<JobQueue, 'send'> },
  now: Date,
): Promise<number> {
  // What fails again is tried after 2, 4, 8 minutes …, and at least once in 8 hours.
  const due = await sql<{ order_id: string }[]>`
    update orders
    set
      completion_tries = completion_tries + 1,
      completion_due_at = ${now}::timestamptz + make_interval(mins => power(2, least(completion_tries + 1, 9))::int)
    where id in (
      select id from orders
      where completion_due_at <= ${now}
      order by completion_due_at
      limit ${batch}
      for update skip locked
    )
    returning id as order_id
  `
  if (due.length > 0) await sendToStripeQueue(stripeQueue, due)
  return due.length
}
