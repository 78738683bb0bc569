import * as z from 'zod'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { audioContentTypes, hasExtensionOf } from '../media/audio-types.ts'
import { line, prose } from '../text.ts'

export const visibility = z.enum(['public', 'unlisted', 'private'])

export const trackStatus = z.enum([
  'draft',
  'uploading',
  'scanning',
  'processing',
  'transcoding',
  'ready',
  'rejected',
  'failed',
])

const owner = z.object({ id: z.uuid(), username: z.string(), display_name: z.string() })
const version = z.object({ id: z.uuid(), number: z.int(), label: z.string().nullable() })

/** The file fields are those of the version that plays, null until there is one. */
export const track = z.object({
  id: z.uuid(),
  owner,
  title: z.string(),
  description: z.string(),
  genre: z.string().nullable(),
  tags: z.array(z.string()),
  bpm: z.number().nullable(),
  musical_key: z.string().nullable(),
  is_explicit: z.boolean(),
  visibility,
  release_at: timestamp.nullable(),
  status: trackStatus,
  status_reason: z.string().nullable(),
  version: version.nullable(),
  duration_ms: z.int().nullable(),
  codec: z.string().nullable(),
  sample_rate_hz: z.int().nullable(),
  channels: z.int().nullable(),
  bitrate_bps: z.int().nullable(),
  access: z.object({ stream: z.boolean(), download: z.boolean(), edit: z.boolean() }),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Track = z.output<typeof track>

const mostTags = 20

const tags = z
  .array(line(32).min(1))
  .max(mostTags)
  .refine((list) => new Set(list).size === list.length, 'A tag stands here twice')

/** As musicians write it (`F#m`, `Bb major`) or as DJs do (`8A`). */
const musicalKey = z.string().regex(/^([A-G][#b♯♭]?( ?(m|min|maj|minor|major))?|(1[0-2]|[1-9])[AB])$/)

export const createTrack = z.strictObject({
  title: line(200).min(1),
  description: prose(5000).default(''),
  genre: line(50).min(1).optional(),
  tags: tags.default([]),
  visibility: visibility.default('private'),
  bpm: z.number().min(1).max(999).optional(),
  musical_key: musicalKey.optional(),
  is_explicit: z.boolean().default(false),
  release_at: timestamp.refine((date) => date.getUTCFullYear() >= 1900, 'Too long ago').optional(),
  rights_confirmed: z.literal(true),
})
export type CreateTrack = z.output<typeof createTrack>

export const trackParams = z.object({ track_id: z.uuid() })

export const listTracks = z.strictObject({
  ...pageQuery.shape,
  /** A username. */
  artist: z.string().max(30).toLowerCase().optional(),
})
export type ListTracks = z.output<typeof listTracks>

export const trackPage = page(track)

export const uploadStatus = trackStatus.exclude(['draft'])

/** Of a path, which some clients send, only the name is kept. */
const filename = line(255)
  .overwrite((path) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1))
  .min(1)

/** As much as the scanner takes. */
const largestUpload = 2 * 1024 ** 3

export const requestUpload = z
  .strictObject({
    filename,
    content_type: z.string().toLowerCase().pipe(z.enum(audioContentTypes)),
    size_bytes: z.int().min(1).max(largestUpload),
    sha256: z
      .string()
      .toLowerCase()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  })
  .refine(({ filename, content_type }) => hasExtensionOf(content_type, filename), {
    path: ['filename'],
    message: 'The extension is not one of the content type',
    params: { code: 'extension_mismatch' },
  })
export type RequestUpload = z.output<typeof requestUpload>

export const uploadParams = z.object({ track_id: z.uuid(), upload_id: z.uuid() })

export const uploadGrant = z.object({
  upload_id: z.uuid(),
  mode: z.literal('single'),
  method: z.literal('PUT'),
  url: z.url(),
  /** To be sent as they are: they are part of the signature. */
  headers: z.record(z.string(), z.string()),
  expires_at: timestamp,
})

export const upload = z.object({
  id: z.uuid(),
  track_id: z.uuid(),
  filename: z.string(),
  content_type: z.string(),
  size_bytes: z.int(),
  status: uploadStatus,
  status_reason: z.string().nullable(),
  timeline: z.array(z.object({ status: uploadStatus, reason: z.string().nullable(), at: timestamp })),
  expires_at: timestamp,
  created_at: timestamp,
  updated_at: timestamp,
})

export const stream = z.object({
  manifest_url: z.url(),
  stream_token: z.string(),
  play_token: z.string(),
  expires_at: timestamp,
})
