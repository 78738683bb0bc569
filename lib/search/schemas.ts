import * as z from 'zod/mini'
import { pageQuery } from '../http/route.ts'
import { line } from '../text.ts'
import { license, musicalKey } from '../tracks/fields.ts'

const count = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(2 ** 31 - 1))
const mostTags = 5

const words = line(200)

const trackFilters = {
  q: z.optional(words),
  genre: z.optional(line(50)),
  /** Several, with commas between them, must all be there. */
  tag: z.optional(
    z.pipe(
      z.string(),
      z.pipe(
        z.transform((text: string) => text.split(',').map((tag) => tag.trim())),
        z.array(z.string().check(z.minLength(1), z.maxLength(32))).check(z.maxLength(mostTags)),
      ),
    ),
  ),
  /** A username. */
  artist: z.optional(z.string().check(z.maxLength(30), z.toLowerCase())),
  bpm_min: z.optional(count),
  bpm_max: z.optional(count),
  key: z.optional(musicalKey),
  /** Milliseconds, as tracks have it. */
  duration_min: z.optional(count),
  duration_max: z.optional(count),
  license: z.optional(license),
  purchasable: z.optional(
    z.pipe(
      z.enum(['true', 'false']),
      z.transform((text) => text === 'true'),
    ),
  ),
}

export const listTracks = z
  .strictObject({
    ...pageQuery.shape,
    ...trackFilters,
    /** `relevance` by itself where words are searched for, else `newest`. */
    sort: z.optional(z.enum(['newest', 'popular', 'trending', 'relevance'])),
    /** Of trending. */
    period: z._default(z.enum(['week', 'month', 'all']), 'week'),
  })
  .check(
    z.refine(({ sort, q }) => sort !== 'relevance' || Boolean(q), {
      path: ['sort'],
      message: 'There is no relevance without words to search for: give q',
      params: { code: 'needs_q' },
    }),
  )
export type ListTracks = z.output<typeof listTracks>

export const facetQuery = z.strictObject(trackFilters)
export type FacetQuery = z.output<typeof facetQuery>

const facet = z.array(z.object({ value: z.string(), count: z.int() }))

export const trackFacets = z.object({
  genres: facet,
  tags: facet,
  /** On the Camelot wheel. */
  keys: facet,
  /** By tens. */
  bpms: facet,
  /** By minutes. */
  durations: facet,
  /** Of how many tracks; of well-known ones where it is an estimate. */
  counted: z.int(),
  is_estimate: z.boolean(),
})

export const suggestionQuery = z.strictObject({
  q: words.check(z.minLength(1)),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(20)), 10),
})
export type SuggestionQuery = z.output<typeof suggestionQuery>

export const suggestions = z.object({
  data: z.array(
    z.object({
      kind: z.enum(['track', 'artist', 'tag']),
      text: z.string(),
      username: z.optional(z.string()),
      track_id: z.optional(z.uuid()),
    }),
  ),
})
