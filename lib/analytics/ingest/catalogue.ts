import * as z from 'zod/mini'
import { longestHeartbeatMs } from './rules.ts'

/** Where somebody came from. */
export const sources = [
  'search',
  'feed',
  'profile',
  'playlist',
  'share',
  'embed',
  'chart',
  'direct',
  'other',
] as const
export type Source = (typeof sources)[number]

/** No track is longer than a day. */
const position = z.int().check(z.minimum(0), z.maximum(86_400_000))

const common = {
  /** Made by the client: an event that comes again has the same, and the same `at`. */
  id: z.uuid(),
  /** ISO 8601 with a zone. */
  at: z.iso.datetime({ offset: true }),
  /** A visit, as the client sees it. */
  session_id: z.optional(z.uuid()),
  source: z.optional(z.enum(sources)),
}

/** What is about one issue of a stream. Without a good token it is kept and does not count. */
const ofPlay = {
  ...common,
  play_token: z.optional(z.string().check(z.maxLength(2_048))),
  /** Goes by the token where there is a good one. */
  track_id: z.optional(z.uuid()),
}

/** Everything that may be reported; each type has its own members and no others. */
export const catalogue = {
  play_started: z.strictObject({ ...ofPlay, type: z.literal('play_started') }),
  /** What was heard since the one before, in milliseconds of the track; pauses and what was skipped are not in it. */
  play_heartbeat: z
    .strictObject({ ...ofPlay, type: z.literal('play_heartbeat'), from_ms: position, to_ms: position })
    .check(
      z.refine(({ from_ms, to_ms }) => to_ms > from_ms, {
        path: ['to_ms'],
        error: 'It must be after from_ms',
      }),
      z.refine(({ from_ms, to_ms }) => to_ms - from_ms <= longestHeartbeatMs, {
        path: ['to_ms'],
        error: `A heartbeat tells of ${longestHeartbeatMs} ms at most`,
      }),
    ),
  play_paused: z.strictObject({ ...ofPlay, type: z.literal('play_paused'), position_ms: position }),
  play_seeked: z.strictObject({
    ...ofPlay,
    type: z.literal('play_seeked'),
    from_ms: position,
    to_ms: position,
  }),
  play_ended: z.strictObject({ ...ofPlay, type: z.literal('play_ended'), position_ms: position }),
  track_viewed: z.strictObject({ ...common, type: z.literal('track_viewed'), track_id: z.uuid() }),
  /** Of the user with this id. */
  profile_viewed: z.strictObject({ ...common, type: z.literal('profile_viewed'), profile_id: z.uuid() }),
  playlist_viewed: z.strictObject({ ...common, type: z.literal('playlist_viewed'), playlist_id: z.uuid() }),
  product_viewed: z.strictObject({ ...common, type: z.literal('product_viewed'), product_id: z.uuid() }),
  checkout_started: z.strictObject({ ...common, type: z.literal('checkout_started'), product_id: z.uuid() }),
  search_performed: z.strictObject({
    ...common,
    type: z.literal('search_performed'),
    query: z.string().check(z.minLength(1), z.maxLength(200)),
    result_count: z.optional(z.int().check(z.minimum(0), z.maximum(1_000_000_000))),
  }),
  share_clicked: z.strictObject({ ...common, type: z.literal('share_clicked'), track_id: z.uuid() }),
} as const

export type EventType = keyof typeof catalogue
export const eventTypes = Object.keys(catalogue) as EventType[]

export type ReportedEvent = { [T in EventType]: z.output<(typeof catalogue)[T]> }[EventType]
