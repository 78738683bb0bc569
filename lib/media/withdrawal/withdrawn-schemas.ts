import * as z from 'zod/mini'
import { page, timestamp } from '../../http/route.ts'

/** A version in which something was found after it had been let in. */
export const withdrawnVersion = z.object({
  id: z.uuid(),
  track: z.object({ id: z.uuid(), title: z.string() }),
  owner: z.object({ id: z.uuid(), username: z.string() }),
  number: z.int(),
  filename: z.string(),
  size_bytes: z.int(),
  sha256: z.string(),
  /** What was found, as the makers of the definitions call it. */
  found_signature: z.string(),
  /** By which it was found, or was last looked for. */
  definitions_version: z.nullable(z.string()),
  withdrawn_at: timestamp,
  scanned_at: z.nullable(timestamp),
  /** It waits for another scan, and comes back if that finds nothing. */
  is_reinstatement_asked: z.boolean(),
})
export type WithdrawnVersion = z.output<typeof withdrawnVersion>

export const withdrawnVersionPage = page(withdrawnVersion)

export const withdrawnParams = z.object({ version_id: z.uuid() })

/** What the scanner knows. */
export const definitionsState = z.object({
  /** Null before the first were published: the scanner has those of its image. */
  version: z.nullable(z.string()),
  built_at: z.nullable(timestamp),
  in_force_since: z.nullable(timestamp),
  /** Whether they are more than two days old. */
  is_stale: z.boolean(),
  /** When everything that was let in lately had been scanned with them. */
  swept_at: z.nullable(timestamp),
})
