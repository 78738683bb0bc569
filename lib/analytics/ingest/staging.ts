import type { Db } from '../../db/client.ts'
import { type CopyValue, copyInto } from '../../db/copy.ts'
import type { IngestMessage, MessageEvent, MessagePlay } from './message.ts'

/** An event of a message, with what the message says of all of its events. */
export interface StagedEvent {
  readonly message: IngestMessage
  readonly event: MessageEvent
  readonly play: MessagePlay | undefined
}

type Column = readonly [name: string, type: string, value: (staged: StagedEvent) => CopyValue]

const bytes = (hex: string | undefined) => (hex === undefined ? null : Buffer.from(hex, 'hex'))

const columns: readonly Column[] = [
  ['id', 'uuid', ({ event }) => event.id],
  ['client_at', 'timestamptz', ({ event }) => event.client_at],
  ['at', 'timestamptz', ({ event }) => event.at ?? event.client_at],
  ['received_at', 'timestamptz', ({ message }) => message.received_at],
  ['type', 'text', ({ event }) => event.type],
  ['user_id', 'uuid', ({ message }) => message.user_id],
  ['visitor', 'bytea', ({ message }) => bytes(message.visitor)],
  ['is_anonymous', 'boolean', ({ message, play }) => message.is_anonymous || !!play?.client?.is_anonymous],
  ['session_id', 'uuid', ({ event }) => event.session_id],
  ['track_id', 'uuid', ({ event }) => event.track_id],
  ['product_id', 'uuid', ({ event }) => event.product_id],
  ['playlist_id', 'uuid', ({ event }) => event.playlist_id],
  ['profile_id', 'uuid', ({ event }) => event.profile_id],
  ['source', 'text', ({ event }) => event.source],
  ['country', 'text', ({ message }) => message.country],
  ['device', 'text', ({ message }) => message.device],
  ['filtered', 'text', ({ event }) => event.filtered],
  ['is_late', 'boolean', ({ event }) => event.is_late ?? false],
  ['is_clamped', 'boolean', ({ event }) => event.at !== undefined],
  ['heard_from_ms', 'integer', ({ event }) => event.heard_from_ms],
  ['heard_to_ms', 'integer', ({ event }) => event.heard_to_ms],
  ['properties', 'jsonb', ({ event }) => event.properties],
  ['play_id', 'uuid', ({ play }) => play?.id],
  ['issued_at', 'timestamptz', ({ play }) => play?.issued_at],
  ['version_id', 'uuid', ({ play }) => play?.version_id],
  ['play_user_id', 'uuid', ({ play }) => play?.user_id],
  ['play_visitor', 'bytea', ({ play }) => bytes(play?.visitor)],
]

const names = columns.map(([name]) => name)

/**
 * Puts events where statements can read them, for the rest of the transaction. RDS Proxy keeps the connection of a
 * function that has made such a table to itself from then on; the event source's limit says how many they are.
 */
export async function stageEvents(tx: Db, events: readonly StagedEvent[]): Promise<void> {
  const definitions = columns.map(([name, type]) => `${name} ${type}`).join(', ')
  await tx.unsafe(`create temporary table staged_events (${definitions}) on commit drop`)
  const rows = events.map((staged) => columns.map(([, , value]) => value(staged)))
  await copyInto(tx, { table: 'staged_events', columns: names }, rows)
}
