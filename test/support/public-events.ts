import { createEventHandlers } from '../../functions/webhooks/event-handlers.ts'
import { eventRoutes } from '../../functions/webhooks/event-routes.ts'
import { until } from '../../infra/local/client.ts'
import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createEventConsumer, type Jobs } from '../../lib/event-consumer.ts'
import { createReceipts } from '../../lib/event-receipts.ts'
import { type EventMessage, type EventPayload, events } from '../../lib/events.ts'
import { createApi } from '../../lib/http/api.ts'
import { addToOutbox, createOutboxRelay } from '../../lib/outbox.ts'
import type { SourceType } from '../../lib/public-events/define.ts'
import type { Envelope } from '../../lib/public-events/envelope.ts'
import { createPublisher, type PublisherDependencies } from '../../lib/public-events/publisher.ts'
import { createEventReading } from '../../lib/public-events/reading.ts'
import { unlimited } from './api.ts'
import { createCallers } from './callers.ts'

const nobody = Object.fromEntries(
  Object.keys(events).map((type) => [type, async () => {}]),
) as unknown as Jobs

type Query = Readonly<Record<string, string | number>>

/** The part of the jobs worker that tells accounts of events, and the routes by which they read them. */
export function createEventDesk(
  sql: Sql,
  now: () => Date = () => new Date(),
  given: Partial<PublisherDependencies> = {},
) {
  const queued: EventMessage[] = []
  const send = async (messages: readonly { id: string; body: string }[]) => {
    queued.push(...messages.map(({ body }) => JSON.parse(body)))
    return messages.map(({ id }) => id)
  }
  const relay = createOutboxRelay({ sql, queue: { send } })
  const publisher = createPublisher({
    sql,
    fanOut: async () => 0,
    dispatchSoon: async () => {},
    now,
    ...given,
  })
  const consume = createEventConsumer({
    receipts: createReceipts({ sql, consumer: 'test' }),
    jobs: { ...nobody, ...publisher },
  })
  const { callAs } = createCallers()
  const callEvents = callAs(
    createApi(eventRoutes, createEventHandlers(createEventReading({ sql, now })), {
      service: 'webhooks',
      corsOrigins: [],
      takeCall: unlimited,
    }),
  )
  const read = (actor: Actor | undefined, query: Query = {}) =>
    callEvents(eventRoutes.listEvents, actor, { query })

  /** Transactions of other tests hold the horizon back as well: it is that of the whole server. */
  const settle = () =>
    until('every transaction up to the last event to end', async () => {
      const [{ is_settled }] = await sql<[{ is_settled: boolean }]>`
        select coalesce(max(xact), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as is_settled
        from public_events
      `
      return is_settled || undefined
    })

  return {
    publisher,
    consume,
    relay,
    queued,
    read,
    settle,
    listTypes: () => callEvents(eventRoutes.listEventTypes, undefined),

    /** Writes an event down, sends it and has it handled. */
    async hear<T extends SourceType>(type: T, payload: EventPayload<T>, requestId?: string) {
      await addToOutbox(sql, type, payload, requestId)
      await this.work()
    },

    /** Handles all that was written down. */
    async work() {
      while ((await relay.flush()) > 0);
      for (const message of queued.splice(0)) await consume(message)
    },

    /** Everything that the account was told, page by page. */
    async poll(actor: Actor, after?: string, query: Query = {}) {
      await settle()
      const data: Envelope[] = []
      let next = after
      for (;;) {
        const { body, status, text } = await read(actor, {
          ...query,
          ...(next !== undefined && { after: next }),
        })
        if (status !== 200) throw new Error(text)
        data.push(...(body.data as unknown as Envelope[]))
        next = body.next_cursor
        if (!body.has_more) return { data, cursor: next }
      }
    },
  }
}
