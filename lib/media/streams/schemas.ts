import * as z from 'zod/mini'
import { timestamp } from '../../http/route.ts'

export const sourceQuery = z.strictObject({ version_id: z.optional(z.uuid()) })

export const source = z.object({
  url: z.url(),
  expires_at: timestamp,
  sha256: z.string(),
  content_type: z.string(),
})

/** Names on the stream server: a path segment, never a path. */
const manifestKey = z.string().check(
  z.regex(/^[A-Za-z0-9._-]{1,255}$/),
  z.refine((key) => !key.includes('..'), 'Two dots in a row'),
)

/** Kept for people to look at; nothing is decided by it. */
const rendition = z
  .record(
    z.string().check(z.maxLength(50)),
    z.union([z.string().check(z.maxLength(200)), z.number(), z.boolean()]),
  )
  .check(z.refine((fields) => Object.keys(fields).length <= 20, 'Too many fields'))

const longestTrackMs = 2 ** 31 - 1

export const streamReady = z.strictObject({
  version_id: z.uuid(),
  job_id: z.uuid(),
  manifest_key: manifestKey,
  duration_ms: z.optional(z.int().check(z.positive(), z.maximum(longestTrackMs))),
  renditions: z._default(z.array(rendition).check(z.maxLength(20)), []),
})
export type StreamReady = z.output<typeof streamReady>

/** The message of a tool names the address it read from, and that is signed. */
const withoutQueries = (text: string) => text.replaceAll(/(https?:\/\/[^\s?]*)\?[^\s'"<>]*/gi, '$1')

export const streamFailed = z.strictObject({
  version_id: z.uuid(),
  job_id: z.uuid(),
  /** Shown to the uploader and logged, so what a terminal would make of it is taken out, and what opens the original. */
  reason: z.string().check(
    z.minLength(1),
    z.maxLength(1000),
    z.overwrite((text) => withoutQueries(text.toWellFormed().replaceAll(/\p{Cc}+/gu, ' '))),
  ),
  /** Whether it may go better the next time; the job is asked for again then. */
  is_transient: z.optional(z.boolean()),
})
export type StreamFailed = z.output<typeof streamFailed>
