import * as z from 'zod/mini'
import { timestamp } from '../../http/route.ts'

export const downloadQuery = z.strictObject({
  /** Another version than the one that plays. */
  version_id: z.optional(z.uuid()),
})

export const download = z.object({
  url: z.url().check(
    z.meta({
      description:
        'Whoever holds it may fetch the file until `expires_at`, whole or in ranges. Ask again to resume later: ' +
        'the bytes and their `ETag` stay the same, so `If-Range` goes on where a broken download ended.',
    }),
  ),
  expires_at: timestamp,
  version_id: z.uuid(),
  /** The browser saves it under this name: artist, title, and the extension of what is in the file. */
  filename: z.string(),
  content_type: z.string(),
  size_bytes: z.int(),
  sha256: z.string(),
})
