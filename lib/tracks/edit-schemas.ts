import * as z from 'zod/mini'
import { license, trackFields, visibility } from './fields.ts'

/** `null` takes a value back; of what was detected in the file, that shows again. */
export const updateTrack = z.strictObject({
  title: z.optional(trackFields.title),
  description: z.optional(trackFields.description),
  genre: z.nullish(trackFields.genre),
  mood: z.nullish(trackFields.mood),
  tags: z.optional(trackFields.tags),
  artists: z.optional(trackFields.artists),
  bpm: z.nullish(trackFields.bpm),
  musical_key: z.nullish(trackFields.musical_key),
  isrc: z.nullish(trackFields.isrc),
  iswc: z.nullish(trackFields.iswc),
  language: z.nullish(trackFields.language),
  p_line: z.nullish(trackFields.p_line),
  c_line: z.nullish(trackFields.c_line),
  lyrics: z.nullish(trackFields.lyrics),
  license: z.optional(license),
  is_explicit: z.optional(z.boolean()),
  visibility: z.optional(visibility),
  release_at: z.nullish(trackFields.release_at),
  /** From where the preview plays; what is too far on is taken as far as it goes. */
  preview_start_ms: z.nullish(trackFields.preview_start_ms),
  preview_duration_ms: z.optional(trackFields.preview_duration_ms),
  is_preview_tagged: z.optional(z.boolean()),
})
export type UpdateTrack = z.output<typeof updateTrack>
