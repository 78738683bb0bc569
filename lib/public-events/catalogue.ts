import type * as z from 'zod/mini'
import { contentPublicEvents } from './content/content.ts'
import type { OperationalEvent, PublishedEvent } from './define.ts'
import { tradePublicEvents } from './trade/trade.ts'
import { operationalPublicEvents } from './webhook/operational.ts'

const published = [...tradePublicEvents, ...contentPublicEvents]
const all = [...published, ...operationalPublicEvents]

type Entry = (typeof all)[number]
export type PublicEventType = Entry['type']
export type PublicEventData<T extends PublicEventType> = z.output<Extract<Entry, { type: T }>['data']>

/** Every event that accounts can be told of, by its type: what is sent is built, checked and described from here. */
export const publicEvents = Object.fromEntries(all.map((event) => [event.type, event])) as unknown as {
  readonly [T in PublicEventType]: Extract<Entry, { type: T }>
}

export const publicEventTypes = all.map(({ type }) => type) as [PublicEventType, ...PublicEventType[]]

/** Without what is particular to each. */
export const describeEvent = (type: PublicEventType): OperationalEvent => publicEvents[type]

/** Those that are made of events of the outbox. */
export const publishedEvents = published as unknown as readonly PublishedEvent[]
