import type { Sql } from './db/client.ts'
import { dayMs, earlier, later } from './time.ts'

export interface Receipts {
  /**
   * Does the work of an event unless it was done before; answers whether it did. Rejects while another
   * delivery is at it, so that this one stays in the queue: the other may yet crash.
   */
  once(eventId: string, work: () => Promise<void>): Promise<boolean>
}

export interface ReceiptDependencies {
  readonly sql: Sql
  readonly consumer: string
  readonly now?: () => Date
}

/** Longer than any work takes; what crashed is taken up again after it. */
const leaseMs = 60_000

export function createReceipts({ sql, consumer, now = () => new Date() }: ReceiptDependencies): Receipts {
  return {
    async once(eventId, work) {
      const leasedUntil = later(now(), leaseMs)
      if (!(await lease(eventId, leasedUntil))) {
        if (await isDone(eventId)) return false
        throw new Error(`Event ${eventId} is being handled by another delivery`)
      }
      try {
        await work()
      } catch (error) {
        // Should this fail too, the lease runs out by itself.
        await release(eventId, leasedUntil).catch(() => {})
        throw error
      }
      await markDone(eventId)
      return true
    },
  }

  async function lease(eventId: string, leasedUntil: Date): Promise<boolean> {
    const rows = await sql`
      insert into event_receipts (consumer, event_id, leased_until)
      values (${consumer}, ${eventId}, ${leasedUntil})
      on conflict (consumer, event_id) do update
      set leased_until = excluded.leased_until
      where event_receipts.done_at is null and event_receipts.leased_until <= ${now()}
      returning event_id
    `
    return rows.length > 0
  }

  async function isDone(eventId: string): Promise<boolean> {
    const rows = await sql`
      select from event_receipts
      where consumer = ${consumer} and event_id = ${eventId} and done_at is not null
    `
    return rows.length > 0
  }

  async function markDone(eventId: string) {
    await sql`
      update event_receipts set done_at = ${now()}
      where consumer = ${consumer} and event_id = ${eventId}
    `
  }

  /** Work that failed, unlike work that crashed, need not wait for its lease; unless another has it by now. */
  async function release(eventId: string, leasedUntil: Date) {
    await sql`
      delete from event_receipts
      where consumer = ${consumer} and event_id = ${eventId} and leased_until = ${leasedUntil} and done_at is null
    `
  }
}

/** Twice as long as a message can wait in a queue and its dead-letter queue. */
const receiptDays = 56

export async function deleteOldReceipts(sql: Sql, now: Date): Promise<number> {
  const before = earlier(now, receiptDays * dayMs)
  const { count } = await sql`
    delete from event_receipts
    where ctid in (select ctid from event_receipts where done_at < ${before} limit 1000)
  `
  return count
}
