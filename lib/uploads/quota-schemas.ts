import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'

const quota = z.object({ used: z.int(), limit: z.int() })

export const uploadQuotas = z.object({
  /** Of every version that is kept, and of what is under way. */
  bytes: quota,
  concurrent_uploads: quota,
  /** Within the last 24 hours. */
  files_per_day: quota,
  /** Those that are being uploaded: each may be gone on with or aborted. */
  uploads: z.array(
    z.object({
      id: z.uuid(),
      track_id: z.uuid(),
      filename: z.string(),
      size_bytes: z.int(),
      expires_at: timestamp,
    }),
  ),
})
export type UploadQuotas = z.output<typeof uploadQuotas>
