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
    /** Asked of whoever uploads to a track that is not their own. */
    rights_confirmed: z.optional(z.literal(true)),
    /** Takes the file though the library has it already. */
    allow_duplicate: z._default(z.boolean(), false),
    /** Of a large file: each part is asked for with its SHA-256, which the store then verifies. */
    verify_parts: z._default(z.boolean(), false),
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

const signed = {
  url: z.url(),
  /** To be sent as they are: they are part of the signature. */
  headers: z.record(z.string(), z.string()),
}

const signedPart = z.object({ part_number: z.int(), ...signed })

const grant = {
  upload_id: z.uuid(),
  method: z.literal('PUT'),
  /** How many requests at once are worth it. */
  parallelism: z.int(),
  /** Until then more addresses may be asked for, and the upload completed. */
  expires_at: timestamp,
  url_expires_at: timestamp,
}

/** Where the bytes go: to one address, or in parts, of which the first have their addresses already. */
export const trackUploadGrant = z.discriminatedUnion('mode', [
  z.object({ ...grant, mode: z.literal('single'), ...signed }),
  z.object({
    ...grant,
    mode: z.literal('multipart'),
    headers: signed.headers,
    /** Of every part but the last, in bytes. */
    part_size: z.int(),
    part_count: z.int(),
    parts: z.array(signedPart),
  }),
])
export type TrackUploadGrant = z.output<typeof trackUploadGrant>

const partNumber = z.int().check(z.minimum(1), z.maximum(10_000))

export const signParts = z
  .strictObject({
    part_numbers: z.array(partNumber).check(z.minLength(1), z.maxLength(100)),
    /** Of each part, in the same order. */
    sha256: z.optional(z.array(sha256)),
  })
  .check(
    z.refine(({ part_numbers }) => new Set(part_numbers).size === part_numbers.length, {
      path: ['part_numbers'],
      message: 'A part is named twice',
      params: { code: 'duplicate' },
    }),
    z.refine(({ part_numbers, sha256 }) => !sha256 || sha256.length === part_numbers.length, {
      path: ['sha256'],
      message: 'There is not one for each part',
      params: { code: 'invalid' },
    }),
  )
export type SignParts = z.output<typeof signParts>

export const signedParts = z.object({
  method: z.literal('PUT'),
  parts: z.array(signedPart),
  url_expires_at: timestamp,
})

/** With its quotes or without, as the store gave it. */
const partTag = z.string().check(
  z.maxLength(80),
  z.regex(/^"?[\da-fA-F]{32}"?$/),
  z.overwrite((tag) => tag.replaceAll('"', '').toLowerCase()),
)

export const completeUpload = z.strictObject({
  /** Of a large file, all of them; a file that went to one address has none. */
  parts: z._default(
    z.array(z.strictObject({ part_number: partNumber, etag: partTag })).check(z.maxLength(10_000)),
    [],
  ),
})
export type CompleteUpload = z.output<typeof completeUpload>

export const upload = z.object({
  id: z.uuid(),
  track_id: z.uuid(),
  filename: z.string(),
  content_type: z.string(),
  size_bytes: z.int(),
  label: z.nullable(z.string()),
  status: uploadStatus,
  status_reason: z.nullable(z.string()),
  /** What the reason means, for people. */
  status_detail: z.nullable(z.string()),
  /** Whether the same file may go through the step that failed once more. */
  can_retry: z.boolean(),
  mode: z.enum(['single', 'multipart']),
  part_size: z.nullable(z.int()),
  part_count: z.int(),
  /** What of it is there, as long as it is being uploaded in parts. */
  parts_uploaded: z.array(z.object({ part_number: z.int(), etag: z.string(), size_bytes: z.int() })),
  /** Tracks that have the very same file. */
  duplicate_of: z.array(z.uuid()),
  timeline: z.array(z.object({ status: uploadStatus, reason: z.nullable(z.string()), at: timestamp })),
  expires_at: timestamp,
  created_at: timestamp,
  updated_at: timestamp,
})
