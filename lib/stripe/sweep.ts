import type { JobQueue } from '../aws/job-queue.ts'
import type { Db, Sql } from '../db/client.ts'
import { earlier, minuteMs } from '../time.ts'
import { type StripeMessage, sendToStripeQueue } from './messages.ts'
import { mostTries } from './retries.ts'

export interface StripeSweepDependencies {
  readonly sql: Sql
  readonly stripeQueue: Pick<JobQueue, 'send'>
}

const batch = 100

/** A message needs a while to be taken. */
const patienceMs = minuteMs / 2

/**
 * Has the worker look at what is due: calls and events whose next try has come, or whose message was lost. A call that
 * is tried too often is over; an event waits then until Stripe is asked to send it again.
 */
export function createStripeSweep({ sql, stripeQueue }: StripeSweepDependencies) {
  const send = async (messages: readonly StripeMessage[]) => {
    if (messages.length > 0) await sendToStripeQueue(stripeQueue, messages)
    return messages.length
  }
  return {
    calls: async (now: Date) => send(await takeDueCalls(sql, now)),
    events: async (now: Date) => send(await takeDueEvents(sql, now)),
  }
}

const wasNotSent = (db: Db, now: Date) =>
  db`due_at <= ${now} and (resent_at is null or resent_at <= ${earlier(now, patienceMs)})`

const takeDueCalls = (db: Db, now: Date) => db<{ call_id: string }[]>`
  update stripe_calls set resent_at = ${now}
  where id in (
    select id from stripe_calls
    where status = 'due' and ${wasNotSent(db, now)}
    order by due_at
    limit ${batch}
    for update skip locked
  )
  returning id as call_id
`

const takeDueEvents = (db: Db, now: Date) => db<{ event_id: string }[]>`
  update stripe_events set resent_at = ${now}
  where id in (
    select id from stripe_events
    where processed_at is null and tries < ${mostTries} and ${wasNotSent(db, now)}
    order by due_at
    limit ${batch}
    for update skip locked
  )
  returning id as event_id
`
