import * as z from 'zod'
import { timestamp } from '../http/route.ts'

export const sourceQuery = z.strictObject({ version_id: z.uuid().optional() })

export const source = z.object({
  url: z.url(),
  expires_at: timestamp,
  sha256: z.string(),
  content_type: z.string(),
})

/** Names on the stream server: a path segment, never a path. */
const manifestKey = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,255}$/)
  .refine((key) => !key.includes('..'), 'Two dots in a row')

/** Kept for people to look at; nothing is decided by it. */
const rendition = z
  .record(z.string().max(50), z.union([z.string().max(200), z.number(), z.boolean()]))
  .refine((fields) => Object.keys(fields).length <= 20, 'Too many fields')

const longestTrackMs = 2 ** 31 - 1

export const streamReady = z.strictObject({
  version_id: z.uuid(),
  job_id: z.uuid(),
  manifest_key: manifestKey,
  duration_ms: z.int().positive().max(longestTrackMs).optional(),
  renditions: z.array(rendition).max(20).default([]),
})
export type StreamReady = z.output<typeof streamReady>

export const streamFailed = z.strictObject({
  version_id: z.uuid(),
  job_id: z.uuid(),
  reason: z.string().min(1).max(1000),
})
export type StreamFailed = z.output<typeof streamFailed>
