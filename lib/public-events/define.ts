import type * as z from 'zod/mini'
import type { Db } from '../db/client.ts'
import type { EventPayload } from '../events.ts'
import type { TradeEvent } from '../trade-news/events.ts'
import type { ContentEvent } from './sources.ts'

/** Events of the outbox that accounts are told of. That an exclusive licence was gone they hear by the refund. */
export type SourceType = ContentEvent | Exclude<TradeEvent, 'order.exclusive_conflict'>

/** What one account is told of an event: no more than it may read of it anyway. */
export interface PublicTelling<D> {
  readonly account_id: string
  readonly data: D
}

type ResourceIn<Payload> = { [K in keyof Payload]: K extends `${infer R}_id` ? R : never }[keyof Payload]

interface Description<Data extends z.ZodMiniType> {
  /** The day since which the shape of its data is what it is; lib/public-events/compatibility.ts says what is a new one. */
  readonly version: `${number}-${number}-${number}`
  /** When it is sent and to whom, in a sentence. */
  readonly description: string
  /** Objects by what they are, each with its `id`: `{ track: { id, … }, version: { id, … } }`. */
  readonly data: Data
  /** On the wire. */
  readonly example: z.input<Data>
}

/** Made by the publisher of an event of the outbox. */
export interface PublishedEvent<T extends SourceType = SourceType, Data extends z.ZodMiniType = z.ZodMiniType>
  extends Description<Data> {
  readonly type: T
  /**
   * What it is about: `<resource>_id` of the event of the outbox and `<resource>.id` of the data are its id, and the
   * `sequence` of the envelope counts by it.
   */
  readonly resource: ResourceIn<EventPayload<T>>
  /** For each account that is told of it, by the present state; for nobody, once what it is about is gone. */
  readonly build: (db: Db, payload: EventPayload<T>) => Promise<readonly PublicTelling<z.output<Data>>[]>
}

/** Written by `insertPublicEvent`, in the transaction of what it tells of. */
export interface OperationalEvent<T extends string = string, Data extends z.ZodMiniType = z.ZodMiniType>
  extends Description<Data> {
  readonly type: T
  readonly resource: string
}

export const definePublicEvent = <const T extends SourceType, Data extends z.ZodMiniType>(
  event: PublishedEvent<T, Data>,
): PublishedEvent<T, Data> => event

export const defineOperationalEvent = <const T extends string, Data extends z.ZodMiniType>(
  event: OperationalEvent<T, Data>,
): OperationalEvent<T, Data> => event
