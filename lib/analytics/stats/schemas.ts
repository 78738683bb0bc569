import * as z from 'zod/mini'
import { id } from '../../http/id.ts'
import { timestamp } from '../../http/route.ts'
import { salesFigures } from '../../sales/schemas.ts'

/** A day of UTC. */
const day = z.iso.date()

export const rangeNames = ['7d', '28d', '90d', '365d', 'all'] as const

const period = {
  /** So many days with today as the last one; `all` from the first day with a figure, two years at most. */
  range: z.optional(z.enum(rangeNames)),
  /** Days instead, both included, two years at most. */
  from: z.optional(day),
  to: z.optional(day),
}

/** Days unless said otherwise; hours for a week at most. */
const interval = z.optional(z.enum(['hour', 'day']))

export const statsQuery = z.strictObject({ ...period, interval, compare: z.optional(z.enum(['previous'])) })
export type StatsQuery = z.output<typeof statsQuery>

export const explainQuery = z.strictObject(period)
export type ExplainQuery = z.output<typeof explainQuery>

export const exportQuery = z.strictObject(period)
export type ExportQuery = z.output<typeof exportQuery>

export const statsParams = z.object({ track_id: id })

const rangeShown = z.object({
  from: day,
  /** Included. */
  to: day,
  day_count: z.int(),
  /** In which days and hours begin. */
  time_zone: z.literal('UTC'),
})
export type RangeShown = z.output<typeof rangeShown>

const share = z.nullable(z.number())

const figures = {
  play_count: z.int(),
  /** Different ones in all of the range: a guest is another one each day. Null where it goes back over 13 months. */
  listener_count: z.nullable(z.int()),
  /** Of the plays, those to the end or nearly. */
  complete_count: z.int(),
  /** complete_count ÷ play_count. */
  completion_rate: share,
  listened_ms: z.int(),
  view_count: z.int(),
  share_click_count: z.int(),
}

/** What does not count, and why. */
const filteredCounts = z.object({
  ua: z.int(),
  datacenter: z.int(),
  rate: z.int(),
  no_token: z.int(),
  pattern: z.int(),
})
export type FilteredCounts = z.output<typeof filteredCounts>

const trackFigures = z.object(figures)

const ownerFigures = z.object({
  ...figures,
  profile_view_count: z.int(),
  playlist_view_count: z.int(),
  product_view_count: z.int(),
  checkout_count: z.int(),
  /** Items paid for, by the ledger. */
  sale_count: z.int(),
  /** sale_count ÷ product_view_count. */
  conversion_rate: share,
})

/** (now − before) ÷ before; null where there was nothing before, or it is not known. */
const changesOf = <T extends z.ZodMiniType>(totals: T) =>
  z.object({ range: rangeShown, totals, change: z.record(z.string(), share) })

/** Null where no comparison was asked for, or there is nothing before. */
const previousOf = <T extends z.ZodMiniType>(totals: T) => z.nullable(changesOf(totals))

const point = z.object({
  /** When the day or the hour begins. */
  at: timestamp,
  play_count: z.int(),
  /** Of that day; null of an hour. */
  listener_count: z.nullable(z.int()),
  complete_count: z.int(),
  listened_ms: z.int(),
  view_count: z.int(),
})
export type Point = z.output<typeof point>

/**
 * Most plays first. Values with fewer than five listeners are one, `other`, with those who told none; where even
 * these are too few the smallest of the rest is with them.
 */
const slice = z.object({ value: z.string(), play_count: z.int(), share: z.number() })
export type Slice = z.output<typeof slice>

const breakdowns = {
  sources: z.array(slice),
  /** ISO 3166-1, two letters. */
  countries: z.array(slice),
  devices: z.array(slice),
}
export type Breakdowns = z.output<z.ZodMiniObject<typeof breakdowns>>

const retention = z.object({
  track_id: z.uuid(),
  version_id: z.uuid(),
  version_number: z.nullable(z.int()),
  duration_ms: z.nullable(z.int()),
  /** Listenings, long or short, that nothing speaks against. */
  listen_count: z.int(),
  /** By the second for ten minutes, by ten seconds for an hour, by the minute from there on. */
  points: z.array(
    z.object({
      from_ms: z.int(),
      /** Of the listenings, how many heard some of it. */
      heard_count: z.int(),
      share: z.number(),
    }),
  ),
})
export type Retention = z.output<typeof retention>

const head = {
  /** What was reported by then is in it. */
  as_of: timestamp,
  range: rangeShown,
  interval: z.enum(['hour', 'day']),
}

export const trackStats = z.object({
  track_id: z.uuid(),
  ...head,
  totals: trackFigures,
  previous: previousOf(trackFigures),
  series: z.array(point),
  ...breakdowns,
  /** Of the version that was listened to most; null below five listenings. */
  retention: z.nullable(retention),
})
export type TrackStats = z.output<typeof trackStats>

const rule = z.object({
  /** A play counts from so much listening on, or this part of what is shorter. */
  least_ms: z.int(),
  least_share: z.number(),
  /** A listener's next play of the track counts after its duration, within these bounds. */
  window_least_ms: z.int(),
  window_most_ms: z.int(),
  /** A play is complete from this part of the track on. */
  complete_share: z.number(),
  /** How long after it happened an event is still taken. */
  late_days: z.int(),
  /** Counted plays of an address an hour, and of a user a day; those beyond are filtered as `rate`. */
  plays_per_address_hour: z.int(),
  plays_per_user_day: z.int(),
  reasons: z.array(z.object({ reason: z.string(), detail: z.string() })),
  text: z.string(),
})

export const explainedStats = z.object({
  track_id: z.uuid(),
  as_of: timestamp,
  range: rangeShown,
  /** Every listening is in one of them: counted, repeated, too short, or filtered for one reason. */
  listen_count: z.int(),
  counted: z.int(),
  repeated: z.int(),
  too_short: z.int(),
  filtered: filteredCounts,
  /** Views of the track that were filtered, which no play is in. */
  filtered_view_count: z.int(),
  rule,
})
export type ExplainedStats = z.output<typeof explainedStats>

const topTrack = z.object({
  track_id: z.uuid(),
  /** Null of a track that is gone. */
  title: z.nullable(z.string()),
  play_count: z.int(),
  complete_count: z.int(),
  completion_rate: share,
  listened_ms: z.int(),
  view_count: z.int(),
})
export type TopTrack = z.output<typeof topTrack>

const topListener = z.object({
  user_id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  play_count: z.int(),
})
export type TopListener = z.output<typeof topListener>

export const dashboard = z.object({
  ...head,
  totals: ownerFigures,
  previous: previousOf(ownerFigures),
  series: z.array(point),
  top_tracks: z.array(topTrack),
  /** Those who let others see what they play. Null where the range goes back over 13 months. */
  top_listeners: z.nullable(z.array(topListener)),
  ...breakdowns,
  /** Of the track that was played most. */
  retention: z.nullable(retention),
  /** By currency, in its smallest unit, as `GET /marketplace/sales/summary` has it. */
  sales: z.object({
    totals: z.array(z.object(salesFigures)),
    previous_totals: z.nullable(z.array(z.object(salesFigures))),
    by_day: z.array(z.object({ day, ...salesFigures })),
  }),
  products: z.array(
    z.object({
      product_id: z.uuid(),
      title: z.nullable(z.string()),
      view_count: z.int(),
      checkout_count: z.int(),
      sale_count: z.int(),
      conversion_rate: share,
    }),
  ),
  /** Listenings of all tracks that do not count, and why. */
  filtered: filteredCounts,
})
export type Dashboard = z.output<typeof dashboard>
