import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'

export const downloadParams = z.object({ license_id: z.uuid() })

export const requestDownload = z.strictObject({
  /** One file rather than all of the licence. */
  file_id: z.optional(z.uuid()),
})

const fileStatus = z.enum(['ready', 'pending', 'withdrawn', 'removed', 'failed'])
export type FileStatus = z.output<typeof fileStatus>

const licensedFile = z.object({
  id: z.uuid(),
  /** The browser saves it under this name. */
  name: z.string(),
  format: z.string(),
  status: fileStatus.check(
    z.meta({
      description:
        '`pending`: it is still being made. `withdrawn`: something harmful was found in it. `removed`: it is kept no ' +
        'longer. `failed`: it could not be made.',
    }),
  ),
  size_bytes: z.nullable(z.int()),
  sha256: z.nullable(z.string()),
  /** Null where it cannot be fetched. */
  url: z.nullable(z.url()),
  expires_at: z.nullable(timestamp),
})
export type LicensedFileLink = z.output<typeof licensedFile>

export const licenseDownload = z.object({
  url: z.url().check(
    z.meta({
      description:
        'Of the first file that can be fetched. Whoever holds it may fetch it until `expires_at`, whole or in ' +
        'ranges, as often as it takes. Ask again to resume later: the bytes and their `ETag` stay the same.',
    }),
  ),
  expires_at: timestamp,
  /** Downloads that are left once this one is over. */
  remaining: z.int(),
  /** Until then, asking again gives fresh links and counts nothing. */
  grant_expires_at: timestamp,
  files: z.array(licensedFile),
})

export const allowance = z.object({
  downloads_allowed: z.int(),
  downloads_used: z.int(),
  downloads_until: timestamp,
})

export const allowDownloads = z
  .strictObject({
    /** So many more. */
    downloads: z.optional(z.int().check(z.minimum(1), z.maximum(100))),
    /** From now on for so many days, unless that is so already. */
    days: z.optional(z.int().check(z.minimum(1), z.maximum(365))),
  })
  .check(
    z.refine(({ downloads, days }) => downloads !== undefined || days !== undefined, {
      error: 'Say how many more downloads, or for how many days',
    }),
  )
export type AllowDownloads = z.output<typeof allowDownloads>

const pastDownload = z.object({
  id: z.uuid(),
  granted_at: timestamp,
  expires_at: timestamp,
  /** Shown to whoever downloaded it alone. */
  ip: z.nullable(z.string()),
  user_agent: z.nullable(z.string()),
})

export const downloadPage = page(pastDownload)
