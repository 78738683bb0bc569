import type { Db, Fragment } from '../db/client.ts'
import type { TrackQuery } from './port.ts'

/** What a query asks for, in the forms that the index of documents understands. */
export interface Asked {
  /** Folded, as titles are kept. */
  readonly title: string
  readonly words: readonly string[]
  /** Whether the last word is finished. */
  readonly is_whole?: boolean
  /** Those of the filters, each of which must be there. */
  readonly lexemes: readonly string[]
  /** Of bpm and length, one of each list must be there; the exact bounds are compared afterwards. */
  readonly ranges: readonly (readonly string[])[]
}

const mostWords = 12
/** A range as wide as this asks so little of the index that the bounds alone do. */
const mostBuckets = 60

export async function readQuery(db: Db, query: TrackQuery): Promise<Asked> {
  const { q = '', genre, tags = [], key, license, purchasable } = query
  const [row] = await db<[{ title: string; words: string[]; lexemes: string[] }]>`
    select
      fold(${q}) as title,
      search_words(${q}) as words,
      array_remove(array[
        filter_lexeme('genre', ${genre ?? null}::text),
        filter_lexeme('key', camelot(${key ?? null}::text)),
        filter_lexeme('license', ${license ?? null}::text),
        filter_lexeme('purchasable', ${purchasable ?? null}::boolean::text)
      ] || array(select filter_lexeme('tag', tag) from unnest(${tags}::text[]) as tag), null) as lexemes
  `
  return { ...row, words: row.words.slice(0, mostWords), ranges: rangesOf(query) }
}

function rangesOf({ bpm_min, bpm_max, duration_min, duration_max }: TrackQuery) {
  const ranges = [
    buckets('bpm', bpm_min, bpm_max, 10, 1_000),
    buckets('minutes', duration_min, duration_max, 60_000, Number.POSITIVE_INFINITY),
  ]
  return ranges.filter((range) => range !== undefined)
}

function buckets(kind: string, min: number | undefined, max: number | undefined, size: number, top: number) {
  if (min === undefined && max === undefined) return undefined
  const first = Math.floor((min ?? 0) / size)
  const last = Math.floor(Math.min(max ?? top, top) / size)
  if (last - first >= mostBuckets) return undefined
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => `\u0001${kind}:${first + at}`)
}

const quote = (lexeme: string) => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** The last word may be unfinished. Of one or two letters that would be half the library. */
const shortestPrefix = 3

/** In the text form of `tsquery`; empty where nothing is asked. `alternatives` stand for the words. */
export function toTsquery(
  { words, lexemes, ranges, is_whole = false }: Asked,
  alternatives: readonly (readonly string[])[] = words.map((word) => [word]),
): string {
  const texts = alternatives.map((list, at) => {
    const isPrefix = !is_whole && at === words.length - 1 && [...words[at]!].length >= shortestPrefix
    return oneOf(list.map((word) => quote(word) + (isPrefix && word === words[at] ? ':*' : '')))
  })
  return [...texts, ...lexemes.map(quote), ...ranges.map((range) => oneOf(range.map(quote)))].join(' & ')
}

/** Of an empty range, what no document has. */
const oneOf = (parts: readonly string[]) =>
  parts.length === 0 ? quote('\u0001none') : `(${parts.join(' | ')})`

/** Of a document: the title and the artist, or all of it. */
export type Part = 'head' | 'body'

/** About how many tracks match a text of `tsquery`, before anything is fetched. */
export async function estimateMatches(db: Db, part: Part, text: string): Promise<number> {
  const [row] = await db<[{ matches: number }]>`
    select estimate_matches(${part}, ${text}::tsquery)::float8 as matches
  `
  return row.matches
}

/** What the index leaves open, of `s`. */
export function isMatch(db: Db, query: TrackQuery): Fragment {
  const { artist, bpm_min, bpm_max, duration_min, duration_max, hidden_owner_ids } = query
  return db`
    true
    ${artist === undefined ? db`` : db`and s.owner_id = (select id from users where username = ${artist})`}
    ${bpm_min === undefined ? db`` : db`and s.bpm >= ${bpm_min}`}
    ${bpm_max === undefined ? db`` : db`and s.bpm <= ${bpm_max}`}
    ${duration_min === undefined ? db`` : db`and s.duration_ms >= ${duration_min}`}
    ${duration_max === undefined ? db`` : db`and s.duration_ms <= ${duration_max}`}
    ${hidden_owner_ids.length === 0 ? db`` : db`and s.owner_id <> all(${hidden_owner_ids}::uuid[])`}
  `
}
