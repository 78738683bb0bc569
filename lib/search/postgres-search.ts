import type { Db, Fragment, Sql } from '../db/client.ts'
import type { CursorValues } from '../http/cursor.ts'
import { type Asked, isMatch, readQuery, toTsquery } from './conditions.ts'
import { countFacets } from './facets.ts'
import type { TrackHit, TrackQuery, TrackSearch } from './port.ts'
import { suggest } from './suggestions.ts'
import { findSimilarWords } from './vocabulary.ts'

/**
 * Up to so many matches are fetched and ranked one by one. With more, each is so frequent that walking down the
 * order asked for meets enough of them soon. So the work is bounded either way.
 */
export const mostRanked = 3_000

/** With fewer hits than this, what the words may have meant is looked for too. */
const fewHits = 5

/** Stages follow one another in the list: each is whole before the next begins. */
const stages = ['title', 'head', 'body', 'similar'] as const
type Stage = (typeof stages)[number]

interface Place {
  readonly stage: Stage
  /** Whether the stage walks down an order, as it has too many matches to rank them all. */
  readonly is_walk: boolean
  readonly score: number
  readonly id: string
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
  const tag = (is_walk: boolean) => (row: { id: string; score: number }) => ({ ...row, stage, is_walk })
  if (!place?.is_walk && condition.isSelective) {
    const rows = await rank(db, query, condition, place, limit)
    if (rows) return rows.map(tag(false))
  }
  const rows = await walk(db, query, condition, place, limit)
  return rows.map(tag(true))
}

interface Condition {
  /** On `s`. */
  readonly where: Fragment
  /** How well `s` fits. */
  readonly fit: Fragment
  /** Whether an index finds what fits. */
  readonly isSelective: boolean
}

const nothing = (db: Db) => db`0`

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
    return {
      where: db`s.title = ${asked.title} ${isFiltered} and ${rest}`,
      fit: nothing(db),
      isSelective: true,
    }
  }
  if (stage === 'head') {
    const where = db`s.head @@ ${text}::tsquery ${isOther} and ${rest}`
    return { where, fit: db`ts_rank('{0,0,0.4,1}', s.head, ${text}::tsquery, 1)`, isSelective: true }
  }
  if (stage === 'body') {
    if (text === '') return { where: rest, fit: nothing(db), isSelective: query.artist !== undefined }
    const isNew = isByTitle ? db`${isOther} and not s.head @@ ${text}::tsquery` : db``
    const where = db`s.body @@ ${text}::tsquery ${isNew} and ${rest}`
    return { where, fit: db`ts_rank('{0.1,0.3,0.4,1}', s.body, ${text}::tsquery, 1)`, isSelective: true }
  }
  const similar = await findSimilarWords(db, asked.words)
  if (!similar) return undefined
  const meant = toTsquery(asked, similar)
  const where = db`s.head @@ ${meant}::tsquery and not s.body @@ ${text}::tsquery and ${rest}`
  return { where, fit: db`ts_rank('{0,0,0.4,1}', s.head, ${meant}::tsquery, 1)`, isSelective: true }
}

interface Row {
  readonly id: string
  readonly score: number
}

const keepsOrder = (db: Db, place: Place | undefined, score: Fragment, id: Fragment) =>
  place ? db`(${score}, ${id}) < (${place.score}::float8, ${place.id}::uuid)` : db`true`

/** Sorts every match; undefined when there are too many of them. */
async function rank(
  db: Db,
  query: TrackQuery,
  { where, fit }: Condition,
  place: Place | undefined,
  limit: number,
): Promise<readonly Row[] | undefined> {
  const rows = await db<(Row & { matched: number })[]>`
    with matches as materialized (
      select s.track_id, s.published_at, (${fit})::float8 as fit from track_search s where ${where} limit ${mostRanked + 1}
    ), scored as (
      select m.track_id as id, ${scoreOf(db, query)} as score
      from matches m
      join track_scores c on c.track_id = m.track_id
    ), page as (
      select id, score
      from scored
      where score is not null and ${keepsOrder(db, place, db`score`, db`id`)}
      order by score desc, id desc
      limit ${limit}
    )
    select page.id, page.score, n.matched
    from (select count(*)::int as matched from matches) n
    left join page on true
    order by page.score desc, page.id desc
  `
  if (rows[0]!.matched > mostRanked) return undefined
  return rows.filter(({ id }) => id !== null).map(({ id, score }) => ({ id, score }))
}

/** What a list is sorted by, of a match `m` with its scores `c`; null leaves the track out. */
function scoreOf(db: Db, { sort, period }: TrackQuery): Fragment {
  if (sort === 'newest') return db`extract(epoch from m.published_at)::float8`
  if (sort === 'relevance') return db`m.fit + c.popularity / 40`
  return db`c.${db(heatOf(sort, period))}`
}

const heatOf = (sort: 'popular' | 'trending', period: TrackQuery['period']) =>
  sort === 'popular' || period === 'all' ? 'popularity' : period === 'week' ? 'week_heat' : 'month_heat'

/** Goes down the order asked for and takes what fits. The two fences keep the planner from sorting all that fits. */
async function walk(
  db: Db,
  { sort, period }: TrackQuery,
  { where }: Condition,
  place: Place | undefined,
  limit: number,
): Promise<readonly Row[]> {
  const column = sort === 'newest' ? undefined : sort === 'relevance' ? 'popularity' : heatOf(sort, period)
  const order = column
    ? db`
        select track_id, ${db(column)} as score from track_scores
        where ${db(column)} is not null and ${keepsOrder(db, place, db`${db(column)}`, db`track_id`)}
        order by ${db(column)} desc, track_id desc
        offset 0
      `
    : db`
        select track_id, extract(epoch from published_at)::float8 as score from track_search
        where ${place ? db`(published_at, track_id) < (to_timestamp(${place.score}), ${place.id})` : db`true`}
        order by published_at desc, track_id desc
        offset 0
      `
  return db<Row[]>`
    select ordered.track_id as id, ordered.score
    from (${order}) ordered
    cross join lateral (
      select s.track_id from track_search s where s.track_id = ordered.track_id and ${where} offset 0
    ) fitting
    limit ${limit}
  `
}
