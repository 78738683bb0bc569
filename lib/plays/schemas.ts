import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'
import { track } from '../tracks/schemas.ts'

const mostReports = 100

/** What a player made of one issue of a stream; reported again as it goes on, the longest report counts. */
const playReport = z.strictObject({
  play_token: z.string().check(z.minLength(1), z.maxLength(2_048)),
  /** Pauses and what was skipped left out. */
  listened_ms: z.int().check(z.minimum(0), z.maximum(86_400_000)),
  /** When it began; left out, when the stream was issued. */
  started_at: z.optional(timestamp),
})
export type PlayReport = z.output<typeof playReport>

export const reportPlays = z.strictObject({
  plays: z.array(playReport).check(z.minLength(1), z.maxLength(mostReports)),
})

/**
 * `counted` · `repeated` the listener had just played it · `filtered` it is kept and does not count, as it came from a
 * program or was too much · `duplicate` it was reported before · `too_short` less than 30 seconds and less than half of
 * it · `refused` see `code`.
 */
const playResult = z.object({
  status: z.enum(['counted', 'repeated', 'filtered', 'duplicate', 'too_short', 'refused']),
  /** `invalid_token` none of ours, or over a week too late · `not_found` the listener may not see the track. */
  code: z.nullable(z.enum(['invalid_token', 'not_found'])),
})
export type PlayResult = z.output<typeof playResult>

/** In the order of the reports. */
export const playResults = z.object({ results: z.array(playResult) })

export const historyPage = page(z.extend(track, { last_played_at: timestamp }))
