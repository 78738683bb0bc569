import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { audioContentTypes, hasExtensionOf } from '../media/audio-types.ts'
import { line, prose } from '../text.ts'

export const visibility = z.enum(['public', 'unlisted', 'private', 'scheduled'])

const uploadStatuses = [
  'uploading',
  'scanning',
  'processing',
  'transcoding',
  'ready',
  'rejected',
  'failed',
] as const

export const trackStatus = z.enum(['draft', ...uploadStatuses])

const owner = z.object({ id: z.uuid(), username: z.string(), display_name: z.string() })
const version = z.object({ id: z.uuid(), number: z.int(), label: z.nullable(z.string()) })

/** The file fields are those of the version that plays, null until there is one. */
export const track = z.object({
  id: z.uuid(),
  owner,
  title: z.string(),
  description: z.string(),
  genre: z.nullable(z.string()),
  tags: z.array(z.string()),
  bpm: z.nullable(z.number()),
  musical_key: z.nullable(z.string()),
  is_explicit: z.boolean(),
  visibility,
  release_at: z.nullable(timestamp),
  status: trackStatus,
  status_reason: z.nullable(z.string()),
  version: z.nullable(version),
  duration_ms: z.nullable(z.int()),
  codec: z.nullable(z.string()),
  sample_rate_hz: z.nullable(z.int()),
  channels: z.nullable(z.int()),
  bitrate_bps: z.nullable(z.int()),
  like_count: z.int(),
  repost_count: z.int(),
  comment_count: z.int(),
  play_count: z.int(),
  /** By the caller. */
  liked: z.boolean(),
  access: z.object({ stream: z.boolean(), download: z.boolean(), edit: z.boolean() }),
  /** When others could first find it. */
  published_at: z.nullable(timestamp),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Track = z.output<typeof track>

const name = (max: number) => line(max).check(z.minLength(1))

const mostTags = 20

const tags = z.array(name(32)).check(
  z.maxLength(mostTags),
  z.refine((list) => new Set(list).size === list.length, 'A tag stands here twice'),
)

/** As musicians write it (`F#m`, `Bb major`) or as DJs do (`8A`). */
const musicalKey = z
  .string()
  .check(z.regex(/^([A-G][#b♯♭]?( ?(m|min|maj|minor|major))?|(1[0-2]|[1-9])[AB])$/))

export const createTrack = z.strictObject({
  title: name(200),
  description: z._default(prose(5000), ''),
  genre: z.optional(name(50)),
  tags: z._default(tags, []),
  visibility: z._default(visibility, 'private'),
  bpm: z.optional(z.number().check(z.minimum(1), z.maximum(999))),
  musical_key: z.optional(musicalKey),
  is_explicit: z._default(z.boolean(), false),
  release_at: z.optional(timestamp.check(z.refine((date) => date.getUTCFullYear() >= 1900, 'Too long ago'))),
  rights_confirmed: z.literal(true),
})
export type CreateTrack = z.output<typeof createTrack>

export const trackParams = z.object({ track_id: z.uuid() })

export const listTracks = z.strictObject({
  ...pageQuery.shape,
  /** A username. */
  artist: z.optional(z.string().check(z.maxLength(30), z.toLowerCase())),
})
export type ListTracks = z.output<typeof listTracks>

export const trackPage = page(track)

export const uploadStatus = z.enum(uploadStatuses)

/** Of a path, which some clients send, only the name is kept. */
const filename = line(255).check(
  z.overwrite((path) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)),
  z.minLength(1),
)

/** As much as the scanner takes. */
const largestUpload = 2 * 1024 ** 3

export const requestUpload = z
  .strictObject({
    filename,
    content_type: z.pipe(z.string().check(z.toLowerCase()), z.enum(audioContentTypes)),
    size_bytes: z.int().check(z.minimum(1), z.maximum(largestUpload)),
    sha256: z.optional(z.string().check(z.toLowerCase(), z.regex(/^[0-9a-f]{64}$/))),
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
  status_reason: z.nullable(z.string()),
  timeline: z.array(z.object({ status: uploadStatus, reason: z.nullable(z.string()), at: timestamp })),
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
