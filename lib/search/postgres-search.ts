import type { Db, Fragment, Sql } from '../db/client.ts'
import type { CursorValues } from '../http/cursor.ts'
import { type Asked, estimateMatches, isMatch, type Part, readQuery, toTsquery } from './conditions.ts'
import { countFacets } from './facets.ts'
import type { TrackHit, TrackQuery, TrackSearch } from './port.ts'
import { suggest } from './suggestions.ts'
import { findSimilarWords } from './vocabulary.ts'
import { type Condition, fitScore, meet, type Rank, rank } from './ways.ts'

/**
 * Few matches are fetched and ranked one by one. Many are met in the order of what is known best, or newest:
 * among the twenty thousand best known first, which have an index of their own, then walking down the order.
 * How many there are is what the planner thinks; where it is wrong the work is bounded all the same. At 900 000
 * tracks a match costs 15 µs to rank and a step 4.5 µs, on one core at rest.
 */
const fewMatches = 1_200

/** With fewer hits than this, what the words may have meant is looked for too. */
const fewHits = 5

/** Stages follow one another in the list: each is whole before the next begins. */
const stages = ['title', 'head', 'body', 'similar'] as const
type Stage = (typeof stages)[number]

interface Place extends Rank {
  readonly stage: Stage
  /** Whether the stage goes by the order alone, as it has too many matches to rank them all. */
  readonly is_walk: boolean
}

const positionOf = ({ stage, is_walk, score, id }: Place): CursorValues => [
  stages.indexOf(stage),
  is_walk ? 1 : 0,
  score,
  id,
]

function placeOf(position: CursorValues): Place {
  const [stage, walk, score, id] = position as [number, number, number, string]
  return { stage: stages[stage]!, is_walk: walk === 1, score, id }
}

export function createPostgresSearch({ sql }: { readonly sql: Sql }): TrackSearch {
  return {
    find: (query, after, limit) => find(sql, query, after && placeOf(after), limit),
    count: (query) => countFacets(sql, query),
    suggest: (text, hiddenOwnerIds, limit) => suggest(sql, text, hiddenOwnerIds, limit),
  }
}

async function find(db: Db, query: TrackQuery, after: Place | undefined, limit: number): Promise<TrackHit[]> {
  const asked = await readQuery(db, query)
  const hits: TrackHit[] = []
  for (const stage of stagesOf(query, asked, after)) {
    const place = after?.stage === stage ? after : undefined
    if (stage === 'similar' && !after && hits.length >= fewHits) break
    const found = await findStage(db, query, asked, stage, place, limit - hits.length)
    hits.push(...found.map((one) => ({ id: one.id, position: positionOf(one) })))
    if (hits.length >= limit) break
  }
  return hits
}

function stagesOf({ sort }: TrackQuery, { words }: Asked, after: Place | undefined): readonly Stage[] {
  if (words.length === 0) return ['body']
  const all: readonly Stage[] = sort === 'relevance' ? stages : ['body', 'similar']
  return after ? all.slice(all.indexOf(after.stage)) : all
}

async function findStage(
  db: Db,
  query: TrackQuery,
  asked: Asked,
  stage: Stage,
  place: Place | undefined,
  limit: number,
): Promise<Place[]> {
  const condition = await conditionOf(db, query, asked, stage)
  if (!condition) return []
  const tag = (is_walk: boolean) => (row: Rank) => ({ ...row, stage, is_walk })
  const matches = await estimate(db, condition)
  if (place ? !place.is_walk : matches <= fewMatches) {
    const rows = await rank(db, condition, place, limit, fitScore(db, query))
    if (rows) return rows.map(tag(false))
  }
  return (await meet(db, query, condition, place, limit, matches)).map(tag(true))
}

async function estimate(db: Db, { text, part, isOfArtist = false }: Condition): Promise<number> {
  if (text === undefined) return isOfArtist ? 0 : Number.POSITIVE_INFINITY
  return estimateMatches(db, part!, text)
}

async function conditionOf(
  db: Db,
  query: TrackQuery,
  asked: Asked,
  stage: Stage,
): Promise<Condition | undefined> {
  const rest = isMatch(db, query)
  const text = toTsquery(asked)
  const isByTitle = query.sort === 'relevance' && asked.words.length > 0
  const isOther = isByTitle ? db`and s.title <> ${asked.title}` : db``
  if (stage === 'title') {
    const filters = toTsquery({ ...asked, words: [] })
    const isFiltered = filters === '' ? db`` : db`and s.head @@ ${filters}::tsquery`
    return { where: db`${rest} ${isFiltered}`, fit: db`0`, title: asked.title }
  }
  if (stage === 'head') {
    const firm = await findFirm(db, 'head', asked)
    const where = db`${holds(db, 'head', text, firm)} and ${rest} ${isOther}`
    return { where, fit: headFit(db, text), text, part: 'head' }
  }
  if (stage === 'body') {
    if (text === '') return { where: rest, fit: db`0`, isOfArtist: query.artist !== undefined }
    const isNew = isByTitle ? db`${isOther} and not s.head @@ ${text}::tsquery` : db``
    const fit = db`ts_rank('{0.1,0.3,0.4,1}', s.body, ${text}::tsquery, 1)`
    const firm = await findFirm(db, 'body', asked)
    const where = db`${holds(db, 'body', text, firm)} and ${rest} ${isNew}`
    return { where, fit, text, part: 'body' }
  }
  const similar = await findSimilarWords(db, asked.words)
  if (!similar) return undefined
  const meant = toTsquery(asked, similar)
  const where = db`s.head @@ ${meant}::tsquery and ${rest} and not s.body @@ ${text}::tsquery`
  return { where, fit: headFit(db, meant), text: meant, part: 'head' }
}

const headFit = (db: Db, text: string) => db`ts_rank('{0,0,0.4,1}', s.head, ${text}::tsquery, 1)`

const holds = (db: Db, part: Part, text: string, firm: string | undefined): Fragment =>
  firm === undefined
    ? db`s.${db(part)} @@ ${text}::tsquery`
    : db`(s.${db(part)} @@ ${firm}::tsquery and (s.${db(part)} @@ ${text}::tsquery) is true)`

/**
 * What is asked for without the last word, which may be unfinished, where that is rare. Of how a word begins, the
 * index tells every word that begins so, which are a hundred thousand of `love`: it is looked at in what this finds.
 */
async function findFirm(db: Db, part: Part, asked: Asked): Promise<string | undefined> {
  const firm = toTsquery({ ...asked, words: asked.words.slice(0, -1), is_whole: true })
  if (firm === '' || asked.words.length === 0) return undefined
  return (await estimateMatches(db, part, firm)) <= fewMatches ? firm : undefined
}
