import * as z from 'zod/mini'
import { timestamp } from '../../http/route.ts'
import { filters } from '../../plays/filters.ts'
import { playClient } from '../../plays/play-token.ts'
import { eventTypes, sources } from './catalogue.ts'

const hash = z.hex().check(z.length(32))

/** An issue of a stream that events are about, as its token tells. */
const messagePlay = z.object({
  id: z.uuid(),
  issued_at: timestamp,
  track_id: z.uuid(),
  version_id: z.uuid(),
  user_id: z.optional(z.uuid()),
  session_id: z.uuid(),
  visitor: z.optional(hash),
  share_id: z.optional(z.uuid()),
  client: z.optional(playClient),
})
export type MessagePlay = z.output<typeof messagePlay>

const id = z.optional(z.uuid())

export const messageEvent = z.object({
  id: z.uuid(),
  type: z.enum(eventTypes),
  client_at: timestamp,
  /** Left out where it is the same. */
  at: z.optional(timestamp),
  is_late: z.optional(z.boolean()),
  session_id: id,
  source: z.optional(z.enum(sources)),
  track_id: id,
  product_id: id,
  playlist_id: id,
  profile_id: id,
  play_id: id,
  heard_from_ms: z.optional(z.int()),
  heard_to_ms: z.optional(z.int()),
  filtered: z.optional(z.enum(filters)),
  properties: z.optional(z.record(z.string(), z.union([z.string(), z.number()]))),
})
export type MessageEvent = z.output<typeof messageEvent>

/** The events of one call, with what they have in common; `events` are read one by one. */
export const ingestMessage = z.object({
  received_at: timestamp,
  user_id: z.optional(z.uuid()),
  visitor: z.optional(hash),
  country: z.optional(z.string()),
  device: z.string(),
  is_anonymous: z.boolean(),
  plays: z.array(messagePlay),
  events: z.array(z.unknown()),
})
export type IngestMessage = z.output<typeof ingestMessage>
