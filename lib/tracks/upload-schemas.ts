import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'
import { audioContentTypes, hasExtensionOf } from '../media/audio-types.ts'
import { filename, sha256 } from '../media/upload-grant.ts'
import { line } from '../text.ts'

export const uploadStatuses = [
  'uploading',
  'scanning',
  'processing',
  'transcoding',
  'ready',
  'rejected',
  'failed',
] as const

const uploadStatus = z.enum(uploadStatuses)

export const versionLabel = line(100).check(z.minLength(1))

/** As much as the scanner takes. */
const largestUpload = 2 * 1024 ** 3

export const requestUpload = z
  .strictObject({
    filename,
    content_type: z.pipe(z.string().check(z.toLowerCase()), z.enum(audioContentTypes)),
    size_bytes: z.int().check(z.minimum(1), z.maximum(largestUpload)),
    sha256: z.optional(sha256),
    /** Of the version that comes of it. */
    label: z.optional(versionLabel),
  })
  .check(
    z.refine(({ filename, content_type }) => hasExtensionOf(content_type, filename), {
      path: ['filename'],
      message: 'The extension is not one of the content type',
      params: { code: 'extension_mismatch' },
    }),
  )
export type RequestUpload = z.output<typeof requestUpload>

export const uploadParams = z.object({ track_id: z.uuid(), upload_id: z.uuid() })

export const upload = z.object({
  id: z.uuid(),
  track_id: z.uuid(),
  filename: z.string(),
  content_type: z.string(),
  size_bytes: z.int(),
  label: z.nullable(z.string()),
  status: uploadStatus,
  status_reason: z.nullable(z.string()),
  timeline: z.array(z.object({ status: uploadStatus, reason: z.nullable(z.string()), at: timestamp })),
  expires_at: timestamp,
  created_at: timestamp,
  updated_at: timestamp,
})
