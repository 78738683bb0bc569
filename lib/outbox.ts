import { type JobQueue, largestBatch } from './aws/job-queue.ts'
import type { Db, Fragment, Sql } from './db/client.ts'
import type { EventMessage, EventPayload, EventType } from './events.ts'
import { logger } from './logger.ts'
import { later } from './time.ts'

/** Writes an event in the transaction of the change it tells of: both happen or neither. */
export async function addToOutbox<T extends EventType>(
  tx: Db,
  type: T,
  payload: EventPayload<T>,
  requestId?: string,
): Promise<void> {
  await tx`
    insert into outbox (type, payload, request_id)
    values (${type}, ${tx.json(payload)}, ${requestId ?? null})
  `
}

/** As many at once, in one statement. */
export async function addAllToOutbox<T extends EventType>(
  tx: Db,
  type: T,
  payloads: readonly EventPayload<T>[],
  requestId?: string,
): Promise<void> {
  if (payloads.length === 0) return
  await tx`
    insert into outbox (type, payload, request_id)
    select ${type}, payload, ${requestId ?? null}
    from jsonb_array_elements(${tx.json(payloads)}) payload
  `
}

export type OutboxEvent = {
  readonly [T in EventType]: { readonly type: T; readonly payload: EventPayload<T> }
}[EventType]

/** Events of several types, in their order, in one statement: for what is done so often that each one counts. */
export async function addEachToOutbox(
  tx: Db,
  events: readonly OutboxEvent[],
  requestId?: string,
): Promise<void> {
  if (events.length === 0) return
  await tx`
    insert into outbox (type, payload, request_id)
    select event ->> 'type', event -> 'payload', ${requestId ?? null}
    from jsonb_array_elements(${tx.json(events)}) with ordinality as given (event, place)
    order by place
  `
}

export interface OutboxRelay {
  /** Sends one batch; answers with the number of rows it took, none when nothing waits. */
  flush(signal?: AbortSignal): Promise<number>
  /**
   * For a request, right after its commit: never fails it nor keeps it long, as the sweep comes by anyway. Begins with
   * the latest, which are its own, however many others wait.
   */
  flushSoon(): Promise<void>
}

export interface OutboxRelayDependencies {
  readonly sql: Sql
  readonly queue: Pick<JobQueue, 'send'>
  readonly now?: () => Date
}

interface OutboxRow {
  readonly id: string
  readonly type: EventType
  readonly payload: unknown
  readonly request_id: string | null
  readonly created_at: Date
}

/** How long a claimed row is left to the relay that claimed it. */
const claimMs = 30_000
const requestPatienceMs = 2_000

export function createOutboxRelay({
  sql,
  queue,
  now = () => new Date(),
}: OutboxRelayDependencies): OutboxRelay {
  /** Claim, send, delete: a crash on the way leaves the row, and it is sent again with the same id. */
  async function send(order: Fragment, signal?: AbortSignal) {
    const rows = await claimBatch(sql, order, now())
    if (rows.length === 0) return 0
    const sent = await queue.send(rows.map(toMessage), signal)
    await sql`delete from outbox where id = any(${sent})`
    if (sent.length < rows.length) {
      logger.error('The events queue refused messages', { refused: rows.length - sent.length })
    }
    return rows.length
  }

  return {
    flush: (signal) => send(sql`id`, signal),
    async flushSoon() {
      try {
        await send(sql`id desc`, AbortSignal.timeout(requestPatienceMs))
      } catch (error) {
        logger.warn('The outbox was left to the sweep', { error })
      }
    },
  }
}

async function claimBatch(sql: Sql, order: Fragment, now: Date): Promise<OutboxRow[]> {
  const rows = await sql<OutboxRow[]>`
    update outbox
    set claimed_until = ${later(now, claimMs)}
    where id in (
      select id from outbox
      where claimed_until < ${now}
      order by ${order}
      limit ${largestBatch}
      for update skip locked
    )
    returning id, type, payload, request_id, created_at
  `
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function toMessage({ created_at, ...row }: OutboxRow) {
  const message: EventMessage = { ...row, created_at: created_at.toISOString() }
  return { id: row.id, body: JSON.stringify(message) }
}
