import * as z from 'zod/mini'
import { eventTypes } from './catalogue.ts'

/** Judged one by one, so that a bad one refuses no other: lib/analytics/ingest/catalogue.ts has the members of each type. */
const event = z.unknown()
z.globalRegistry.add(event, {
  type: 'object',
  description: `An event of the catalogue: \`id\` (UUID, the same when it comes again), \`at\` (ISO 8601 with a zone), \`type\` (${eventTypes.join(', ')}) and the members of its type`,
})

export const reportEvents = z.strictObject({
  events: z.array(event).check(z.minLength(1)),
  /** False: neither the user nor the visitor is kept. */
  consent: z.optional(z.boolean()),
})
export type ReportEvents = z.output<typeof reportEvents>

/**
 * `accepted` · `late` accepted, though it is over an hour old · `clamped` accepted as of now, for its clock is ahead ·
 * `duplicate` it was there before · `rejected` see `code`.
 */
const eventResult = z.object({
  /** Null where it cannot be read. */
  id: z.nullable(z.string()),
  status: z.enum(['accepted', 'duplicate', 'late', 'clamped', 'rejected']),
  /**
   * `invalid_time` not ISO 8601 with a zone; numbers are not read as times · `too_old` over seven days · `in_future` over
   * five minutes ahead · `unknown_type` not of the catalogue · `invalid_event` see `detail`.
   */
  code: z.optional(z.enum(['invalid_time', 'too_old', 'in_future', 'unknown_type', 'invalid_event'])),
  detail: z.optional(z.string()),
})
export type EventResult = z.output<typeof eventResult>

/** In the order of the events. */
export const eventResults = z.object({ results: z.array(eventResult) })
