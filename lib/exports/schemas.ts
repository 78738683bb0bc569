import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'

/** A file with all that is a user's, made on request. */
export const dataExport = z.object({
  id: z.uuid(),
  status: z.enum(['pending', 'ready', 'failed', 'expired']),
  size_bytes: z.nullable(z.int()),
  created_at: timestamp,
  /** When the file goes; null until it is ready. */
  expires_at: z.nullable(timestamp),
  /** Where the file can be fetched for the next minutes, while it is ready. */
  url: z.optional(z.string()),
})

export const exportParams = z.object({ export_id: z.uuid() })

export type DataExport = z.output<typeof dataExport>
