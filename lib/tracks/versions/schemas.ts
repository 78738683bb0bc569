import * as z from 'zod/mini'
import { page, timestamp } from '../../http/route.ts'
import { uploadStatuses, versionLabel } from '../../uploads/schemas.ts'
import { person } from '../../users/person.ts'
import { loudness } from '../schemas.ts'

/** What came of one upload of a track. */
export const trackVersion = z.object({
  id: z.uuid(),
  number: z.int(),
  label: z.nullable(z.string()),
  is_current: z.boolean(),
  /**
   * `removed`: its file was given up, being one of many older ones. `withdrawn`: something harmful was found in it
   * later on, so that nobody can play or fetch it.
   */
  status: z.enum([...uploadStatuses, 'removed', 'withdrawn']),
  status_reason: z.nullable(z.string()),
  created_by: person,
  upload_id: z.uuid(),
  filename: z.string(),
  content_type: z.string(),
  size_bytes: z.int(),
  sha256: z.string(),
  duration_ms: z.nullable(z.int()),
  codec: z.nullable(z.string()),
  sample_rate_hz: z.nullable(z.int()),
  channels: z.nullable(z.int()),
  bit_depth: z.nullable(z.int()),
  bitrate_bps: z.nullable(z.int()),
  loudness: z.nullable(loudness),
  created_at: timestamp,
  ready_at: z.nullable(timestamp),
  /** When it was last found clean, or not. */
  scanned_at: z.nullable(timestamp),
  withdrawn_at: z.nullable(timestamp),
  removed_at: z.nullable(timestamp),
})
export type TrackVersion = z.output<typeof trackVersion>

export const versionPage = page(trackVersion)

export const versionParams = z.object({ track_id: z.uuid(), version_id: z.uuid() })

export const renameVersion = z.strictObject({ label: z.nullable(versionLabel) })
