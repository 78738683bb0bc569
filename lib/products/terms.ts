import * as z from 'zod/mini'

const bps = z.int().check(z.minimum(0), z.maximum(10_000))

/** As many as there may be; null for any number. */
const limit = z.nullable(z.int().check(z.minimum(0), z.maximum(1_000_000_000_000)))

/**
 * What a buyer gets: an MP3 at 320 kb/s of each track, the recording as it was uploaded, or the parts of one, which
 * are tracks of a pack.
 */
export const deliveredFile = z.enum(['mp3', 'master', 'stems'])
export type DeliveredFile = z.output<typeof deliveredFile>

const isUnique = <T>(items: readonly T[]) => new Set(items).size === items.length
const twice = { message: 'Something stands here twice', params: { code: 'duplicate' } }

const fields = {
  distribution_copies: limit,
  audio_streams: limit,
  music_videos: limit,
  monetised_video_views: limit,
  non_monetised_video_views: limit,
  radio_stations: limit,
  paid_performances: limit,
  /** Null for as long as the rights last. */
  term_years: z.nullable(z.int().check(z.minimum(1), z.maximum(100))),
  /** Countries by ISO 3166-1; null for all the world. */
  territory: z.nullable(
    z
      .array(z.string().check(z.regex(/^[A-Z]{2}$/)))
      .check(z.minLength(1), z.maxLength(250), z.refine(isUnique, twice)),
  ),
  /** Whether it may go with pictures: films, games, advertisements. */
  sync_allowed: z.boolean(),
  credit_required: z.boolean(),
  /** What the seller keeps of the publishing of a new work. */
  publishing_split_bps: bps,
  files: z.array(deliveredFile).check(z.maxLength(3), z.refine(isUnique, twice)),
}

/** What a licence allows. */
export const terms = z.object(fields)
export type Terms = z.output<typeof terms>

/** In a write; what is left out is as in what it is made from. */
export const givenTerms = z.strictObject(z.partial(terms).shape)
export type GivenTerms = z.output<typeof givenTerms>

export const withTerms = (terms: Terms, given: GivenTerms) => ({ ...terms, ...given }) as Terms

const numberFormat = new Intl.NumberFormat('en')
const countOf = (limit: number | null) => (limit === null ? 'unlimited' : numberFormat.format(limit))

const fileNames: Readonly<Record<DeliveredFile, string>> = {
  mp3: 'MP3',
  master: 'master recording',
  stems: 'stems',
}

/** Each limit in words, as it stands in contracts. */
export function wordTerms(terms: Terms) {
  return {
    distribution_copies: countOf(terms.distribution_copies),
    audio_streams: countOf(terms.audio_streams),
    music_videos: countOf(terms.music_videos),
    monetised_video_views: countOf(terms.monetised_video_views),
    non_monetised_video_views: countOf(terms.non_monetised_video_views),
    radio_stations: countOf(terms.radio_stations),
    paid_performances: countOf(terms.paid_performances),
    term: wordTerm(terms.term_years),
    territory: terms.territory === null ? 'the whole world' : terms.territory.join(', '),
    sync: terms.sync_allowed ? 'allowed' : 'not allowed',
    credit: terms.credit_required ? 'required' : 'not required',
    publishing_split: `${terms.publishing_split_bps / 100}%`,
    files: terms.files.map((file) => fileNames[file]).join(', ') || 'none',
  }
}

const wordTerm = (years: number | null) => {
  if (years === null) return 'as long as the rights last'
  return years === 1 ? '1 year' : `${years} years`
}

const labels: Readonly<Record<keyof ReturnType<typeof wordTerms>, string>> = {
  distribution_copies: 'Copies sold or given away',
  audio_streams: 'Audio streams',
  music_videos: 'Music videos',
  monetised_video_views: 'Views of monetised videos',
  non_monetised_video_views: 'Views of other videos',
  radio_stations: 'Radio stations',
  paid_performances: 'Paid performances',
  term: 'Term',
  territory: 'Territory',
  sync: 'Use with film, games and advertisements',
  credit: 'Credit to the licensor',
  publishing_split: "Licensor's share of the publishing",
  files: 'Files delivered',
}

/** All limits, a line each. */
export function describeTerms(terms: Terms): string {
  const words = wordTerms(terms)
  return Object.entries(labels)
    .map(([name, label]) => `${label}: ${words[name as keyof typeof words]}`)
    .join('\n')
}
