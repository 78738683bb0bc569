import type { StoredEvent } from '../objects.ts'
import type { Store } from '../store.ts'

/** `held`: waits for others to be sent before it. `lost`: on purpose. `failed`: given up. */
export type DeliveryState = 'pending' | 'sending' | 'held' | 'delivered' | 'lost' | 'failed'

export interface Attempt {
  readonly at: string
  readonly status: number | null
  readonly error: string | null
  readonly duration_ms: number
}

export interface Delivery {
  readonly id: number
  readonly event_id: string
  readonly type: string
  readonly state: DeliveryState
  readonly attempts: readonly Attempt[]
}

type Row = Omit<Delivery, 'attempts'> & { readonly attempts: string }

const COLUMNS = `
  select deliveries.id, event_id, state, attempts, json_extract(body, '$.type') as type
  from deliveries join objects on objects.id = event_id`

/** One row for each time that an event is to reach the endpoint: a duplicate has a row of its own. */
export function createDeliveryTable({ database }: Store) {
  const read = (rows: unknown[]) =>
    (rows as Row[]).map((row): Delivery => ({ ...row, attempts: JSON.parse(row.attempts) }))

  return {
    insert(eventId: string, state: DeliveryState, dueAt: number): number {
      const { lastInsertRowid } = database
        .prepare('insert into deliveries (event_id, state, due_at) values (?, ?, ?)')
        .run(eventId, state, dueAt)
      return Number(lastInsertRowid)
    },

    nextDue(): number | undefined {
      const row = database.prepare("select min(due_at) as at from deliveries where state = 'pending'").get()
      return (row?.at as number | null) ?? undefined
    },

    takeDue(now: number): readonly Delivery[] {
      const due = read(
        database
          .prepare(`${COLUMNS} where state = 'pending' and due_at <= ? order by deliveries.id`)
          .all(now),
      )
      for (const { id } of due)
        database.prepare("update deliveries set state = 'sending' where id = ?").run(id)
      return due
    },

    list(where: { readonly event?: string; readonly state?: string }): readonly Delivery[] {
      const { event = null, state = null } = where
      return read(
        database
          .prepare(
            `${COLUMNS} where event_id = ifnull(?, event_id) and state = ifnull(?, state) order by deliveries.id`,
          )
          .all(event, state),
      )
    },

    latest: (limit: number): readonly Delivery[] =>
      read(database.prepare(`${COLUMNS} order by deliveries.id desc limit ?`).all(limit)),

    find: (id: number): Delivery | undefined =>
      read(database.prepare(`${COLUMNS} where deliveries.id = ?`).all(id))[0],

    mark(id: number, state: DeliveryState, dueAt: number, attempts: readonly Attempt[]): void {
      database
        .prepare('update deliveries set state = ?, due_at = ?, attempts = ? where id = ?')
        .run(state, dueAt, JSON.stringify(attempts), id)
    },

    /** After a restart: what was under way starts again, now; the clock may be another. */
    reopen(now: number): void {
      database
        .prepare(
          "update deliveries set state = 'pending', due_at = ? where state in ('pending', 'sending', 'held')",
        )
        .run(now)
    },

    markTold(eventId: string): void {
      database
        .prepare("update objects set body = json_set(body, '$.pending_webhooks', 0) where id = ?")
        .run(eventId)
    },

    event(id: string): StoredEvent {
      const row = database.prepare('select body from objects where id = ?').get(id)
      return JSON.parse(row!.body as string)
    },
  }
}
