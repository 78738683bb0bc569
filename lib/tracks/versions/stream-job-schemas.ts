import * as z from 'zod/mini'
import { page, timestamp } from '../../http/route.ts'

/**
 * `queued` about to be sent · `sending` · `waiting` for its next try · `accepted` by the stream server, which is at it ·
 * `ready` · `failed` · `lapsed` another job or another version took its place
 */
const jobStatus = z.enum(['queued', 'sending', 'waiting', 'accepted', 'ready', 'failed', 'lapsed'])

/** Of the last failure: a code such as `timed_out`, `unreachable`, `answered_503` or `no_callback`, or the server's words. */
const reason = z.nullable(z.string())

export const streamJob = z.object({
  id: z.uuid(),
  status: jobStatus,
  tries: z.int(),
  reason,
  next_attempt_at: z.nullable(timestamp),
  timeline: z.array(z.object({ status: jobStatus, try: z.int(), reason, at: timestamp })),
  created_at: timestamp,
  updated_at: timestamp,
})
export type StreamJob = z.output<typeof streamJob>

export const streamJobPage = page(streamJob)
