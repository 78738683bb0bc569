import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'
import { imageUrlField } from '../images/image-url.ts'
import { imageUploadStatus } from '../images/schemas.ts'
import { waveformUrlField } from '../media/delivery/waveform-url.ts'
import { uploadStatuses } from '../uploads/schemas.ts'
import { person } from '../users/person.ts'
import { artist, license, trackFields, visibility } from './fields.ts'

const trackStatus = z.enum(['draft', ...uploadStatuses])

const version = z.object({ id: z.uuid(), number: z.int(), label: z.nullable(z.string()) })

export const loudness = z.object({
  integrated_lufs: z.number(),
  true_peak_dbtp: z.nullable(z.number()),
  range_lu: z.nullable(z.number()),
  /** What brings it to -14 LUFS, as streaming services play it. */
  gain_db: z.number(),
  /** What brings it to -18 LUFS (ReplayGain 2.0). */
  replay_gain_db: z.number(),
})

/** What the file says of itself, in its tags or to whoever analysed it. */
const detected = z.object({
  bpm: z.nullable(z.number()),
  /** From 0 to 1; null where it stands in the tags alone. */
  bpm_confidence: z.nullable(z.number()),
  musical_key: z.nullable(z.string()),
  musical_key_confidence: z.nullable(z.number()),
  title: z.nullable(z.string()),
  artist: z.nullable(z.string()),
  album: z.nullable(z.string()),
  album_artist: z.nullable(z.string()),
  genre: z.nullable(z.string()),
  year: z.nullable(z.number()),
  track_number: z.nullable(z.number()),
  isrc: z.nullable(z.string()),
  copyright: z.nullable(z.string()),
  label: z.nullable(z.string()),
})

/** The file fields are those of the version that plays, null until there is one. */
export const track = z.object({
  id: z.uuid(),
  owner: person,
  title: z.string(),
  description: z.string(),
  /** In the order of the sleeve; the owner is not among them unless they say so. */
  artists: z.array(artist),
  genre: z.nullable(z.string()),
  mood: z.nullable(z.string()),
  tags: z.array(z.string()),
  /** As given, or else as detected. */
  bpm: z.nullable(z.number()),
  musical_key: z.nullable(z.string()),
  is_custom_bpm: z.boolean(),
  is_custom_musical_key: z.boolean(),
  detected,
  isrc: z.nullable(z.string()),
  iswc: z.nullable(z.string()),
  language: z.nullable(z.string()),
  p_line: z.nullable(z.string()),
  c_line: z.nullable(z.string()),
  license,
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
  artwork_url: imageUrlField,
  /** Null until it was measured. */
  loudness: z.nullable(loudness),
  waveform_url: waveformUrlField,
  like_count: z.int(),
  repost_count: z.int(),
  comment_count: z.int(),
  play_count: z.int(),
  /** By the caller. */
  liked: z.boolean(),
  reposted: z.boolean(),
  access: z.object({ stream: z.boolean(), download: z.boolean(), edit: z.boolean() }),
  /** From where the preview plays, in milliseconds; null: from where it is loudest. */
  preview_start_ms: z.nullable(z.int()),
  preview_duration_ms: z.int(),
  /** Whether a mark sounds in the preview now and then. */
  is_preview_tagged: z.boolean(),
  /** When others could first find it. */
  published_at: z.nullable(timestamp),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Track = z.output<typeof track>

const difference = z.object({
  field: z.enum(['title', 'artists', 'genre', 'isrc', 'c_line', 'bpm', 'musical_key', 'duration_ms']),
  declared: z.union([z.string(), z.number()]),
  detected: z.union([z.string(), z.number()]),
  /** How the two go together. */
  note: z.nullable(z.enum(['half_time', 'double_time', 'enharmonic', 'relative', 'parallel', 'fifth'])),
  /** From 0 to 1, where it was listened for. */
  confidence: z.nullable(z.number()),
})
export type Difference = z.output<typeof difference>

/** What became of the picture in the file. */
const embeddedArtwork = z.object({
  upload_id: z.uuid(),
  content_type: z.string(),
  size_bytes: z.int(),
  status: imageUploadStatus,
  status_reason: z.nullable(z.string()),
})

/** A track by itself. Lists leave out what only its own page shows. */
export const wholeTrack = z.extend(track, {
  lyrics: z.nullable(z.string()),
  /** Collaborators who are named for their part. */
  credits: z.array(z.object({ user: person, credit: z.string() })),
  /** Where what is said of it is not what the file says; null for whoever may not change the track. */
  differences: z.nullable(z.array(difference)),
  /** For the same; null as well where the file has none, or the track had artwork already. */
  embedded_artwork: z.nullable(embeddedArtwork),
})
export type WholeTrack = z.output<typeof wholeTrack>

const optional = {
  genre: z.optional(trackFields.genre),
  mood: z.optional(trackFields.mood),
  bpm: z.optional(trackFields.bpm),
  musical_key: z.optional(trackFields.musical_key),
  isrc: z.optional(trackFields.isrc),
  iswc: z.optional(trackFields.iswc),
  language: z.optional(trackFields.language),
  p_line: z.optional(trackFields.p_line),
  c_line: z.optional(trackFields.c_line),
  lyrics: z.optional(trackFields.lyrics),
  release_at: z.optional(trackFields.release_at),
}

export const createTrack = z.strictObject({
  ...optional,
  title: trackFields.title,
  description: z._default(trackFields.description, ''),
  tags: z._default(trackFields.tags, []),
  artists: z._default(trackFields.artists, []),
  is_explicit: z._default(z.boolean(), false),
  license: z._default(license, 'all_rights_reserved'),
  visibility: z._default(visibility, 'private'),
  rights_confirmed: z.literal(true),
})
export type CreateTrack = z.output<typeof createTrack>

export const trackParams = z.object({ track_id: z.uuid() })

export const trackPage = page(track)

export const deletedTrackPage = page(z.extend(track, { deleted_at: timestamp, purges_at: timestamp }))

export const likerPage = page(
  z.object({
    id: z.uuid(),
    username: z.string(),
    display_name: z.string(),
    avatar_url: imageUrlField,
    liked_at: timestamp,
  }),
)

export const stream = z.object({
  manifest_url: z.url(),
  stream_token: z.string(),
  play_token: z.string(),
  expires_at: timestamp,
})
