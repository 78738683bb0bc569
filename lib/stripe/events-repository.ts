import type { Db } from '../db/client.ts'
import { later } from '../time.ts'
import { claimSlackMs, nextDue } from './retries.ts'

export interface StoredEvent {
  readonly id: string
  readonly type: string
  readonly object_id: string
  readonly account_id: string | null
}

/** Keeps an event once; answers whether it still waits. */
export async function keepEvent(
  db: Db,
  { id, type, object_id, account_id, created_at }: StoredEvent & { readonly created_at: Date },
  now: Date,
): Promise<boolean> {
  const [row] = await db<[{ is_waiting: boolean }]>`
    insert into stripe_events (id, type, object_id, account_id, created_at, received_at, due_at)
    values (${id}, ${type}, ${object_id}, ${account_id}, ${created_at}, ${now}, ${now})
    on conflict (id) do update set received_at = stripe_events.received_at
    returning processed_at is null as is_waiting
  `
  return row.is_waiting
}

export type ClaimedEvent = StoredEvent & { readonly tries: number }

/** Takes an event for one try, unless another delivery has it or it is processed. */
export async function claimEvent(db: Db, id: string, now: Date): Promise<ClaimedEvent | undefined> {
  const [event] = await db<[ClaimedEvent?]>`
    update stripe_events
    set tries = tries + 1, due_at = ${nextDue(db, now)}
    where id = ${id} and processed_at is null and due_at <= ${later(now, claimSlackMs)}
    returning id, type, object_id, account_id, tries
  `
  return event
}

export async function markEventProcessed(db: Db, id: string, now: Date): Promise<void> {
  await db`update stripe_events set processed_at = ${now}, failed_reason = null where id = ${id}`
}

export async function markEventTried(db: Db, id: string, reason: string): Promise<void> {
  await db`update stripe_events set failed_reason = ${reason} where id = ${id}`
}
