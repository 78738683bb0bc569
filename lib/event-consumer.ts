import type { Receipts } from './event-receipts.ts'
import { type EventPayload, type EventType, eventMessage, events } from './events.ts'
import { logger } from './logger.ts'

/** Where an event comes from. */
export interface EventOrigin {
  readonly request_id: string | null
  readonly created_at: Date
}

/** What to do on each event; one that is missing does not compile. */
export type Jobs = {
  readonly [T in EventType]: (payload: EventPayload<T>, eventId: string, origin: EventOrigin) => Promise<void>
}

export interface EventConsumerDependencies {
  readonly receipts: Receipts
  readonly jobs: Jobs
}

/** Handles a message of the events queue, once however often it is delivered. */
export function createEventConsumer({ receipts, jobs }: EventConsumerDependencies) {
  return async (message: unknown): Promise<void> => {
    const { id, type, payload, request_id, created_at } = eventMessage.parse(message)
    const work = jobs[type] as (payload: unknown, eventId: string, origin: EventOrigin) => Promise<void>
    const origin = { request_id, created_at: new Date(created_at) }
    const isFirst = await receipts.once(id, () => work(events[type].parse(payload), id, origin))
    logger.info(isFirst ? 'An event was handled' : 'An event had been handled before', {
      id,
      type,
      request_id,
    })
  }
}
