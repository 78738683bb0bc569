import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'
import { filename, sha256 } from '../media/upload-grant.ts'
import { type ImageKind, imageContentTypes, largestUpload } from './image-types.ts'

const requestImage = (kind: ImageKind) =>
  z.strictObject({
    filename,
    content_type: z.pipe(z.string().check(z.toLowerCase()), z.enum(imageContentTypes)),
    size_bytes: z.int().check(z.minimum(1), z.maximum(largestUpload[kind])),
    sha256: z.optional(sha256),
  })

export const requestAvatar = requestImage('avatar')
export const requestArtwork = requestImage('artwork')
export const requestCover = requestImage('cover')
export type RequestImage = z.output<typeof requestAvatar>

export const imageUploadStatus = z.enum([
  'uploading',
  'scanning',
  'processing',
  'ready',
  'rejected',
  'failed',
])
export type ImageUploadStatus = z.output<typeof imageUploadStatus>

/** How a picture that was sent is getting on; `ready` is shown already. */
export const imageUpload = z.object({
  id: z.uuid(),
  filename: z.string(),
  content_type: z.string(),
  size_bytes: z.int(),
  status: imageUploadStatus,
  /** Why it was rejected or has failed; whoever wants to try again asks for a new upload. */
  status_reason: z.nullable(z.string()),
  timeline: z.array(z.object({ status: imageUploadStatus, reason: z.nullable(z.string()), at: timestamp })),
  expires_at: timestamp,
  created_at: timestamp,
  updated_at: timestamp,
})

export const avatarUploadParams = z.object({ avatar_upload_id: z.uuid() })
export const artworkUploadParams = z.object({ track_id: z.uuid(), artwork_upload_id: z.uuid() })
export const coverUploadParams = z.object({ playlist_id: z.uuid(), cover_upload_id: z.uuid() })
