import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'
import { line, prose } from '../text.ts'
import { language } from '../users/settings.ts'

export const visibility = z.enum(['public', 'unlisted', 'private', 'scheduled'])

export const license = z.enum([
  'all_rights_reserved',
  'cc_by',
  'cc_by_sa',
  'cc_by_nc',
  'cc_by_nd',
  'cc_by_nc_sa',
  'cc_by_nc_nd',
  'cc0',
])

const name = (max: number) => line(max).check(z.minLength(1))

const mostTags = 20
const mostArtists = 20

const tags = z.array(name(32)).check(
  z.maxLength(mostTags),
  z.refine((list) => new Set(list).size === list.length, 'A tag stands here twice'),
)

/** In words of their own: `producer`, `remixer`, `vocals`. */
export const artist = z.strictObject({ name: name(200), role: name(50) })

/** As musicians write it (`F#m`, `Bb major`) or as DJs do (`8A`). */
export const musicalKey = z
  .string()
  .check(z.regex(/^([A-G][#b♯♭]?( ?(m|min|maj|minor|major))?|(1[0-2]|[1-9])[AB])$/))

/** However it is spaced, without hyphens in the end (ISO 3901). */
const isrc = z.string().check(
  z.maxLength(30),
  z.overwrite((text) => text.replaceAll(/[\s-]/g, '').toUpperCase()),
  z.regex(/^[A-Z]{2}[A-Z0-9]{3}\d{7}$/),
)

/** However it is punctuated, `T` and ten digits in the end (ISO 15707). */
const iswc = z.string().check(
  z.maxLength(30),
  z.overwrite((text) => text.replaceAll(/[\s.-]/g, '').toUpperCase()),
  z.regex(/^T\d{10}$/, { abort: true }),
  z.refine(hasRightDigit, 'The check digit is not that of the number'),
)

function hasRightDigit(code: string): boolean {
  const digits = [...code.slice(1)].map(Number)
  const sum = digits.slice(0, 9).reduce((total, digit, at) => total + (at + 1) * digit, 1)
  return (sum + digits[9]!) % 10 === 0
}

/** What may be said of a track. */
export const trackFields = {
  title: name(200),
  description: prose(5000),
  genre: name(50),
  mood: name(50),
  tags,
  artists: z.array(artist).check(z.maxLength(mostArtists)),
  bpm: z.number().check(z.minimum(1), z.maximum(999)),
  musical_key: musicalKey,
  isrc,
  iswc,
  language,
  /** Who holds the recording (℗), and the work (©). */
  p_line: name(200),
  c_line: name(200),
  lyrics: prose(20_000),
  preview_start_ms: z.int().check(z.nonnegative(), z.maximum(2 ** 31 - 1)),
  preview_duration_ms: z.int().check(z.minimum(30_000), z.maximum(90_000)),
  release_at: timestamp.check(z.refine((date) => date.getUTCFullYear() >= 1900, 'Too long ago')),
}
