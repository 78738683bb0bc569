import type { Db, Fragment } from '../db/client.ts'
import type { Part } from './conditions.ts'
import type { TrackQuery, TrackSort } from './port.ts'

/** What a stage of a search asks of `s`, a row of `track_search`. */
export interface Condition {
  readonly where: Fragment
  /** How well `s` fits. */
  readonly fit: Fragment
  /** The words that an index is asked for, and in which part of the documents. */
  readonly text?: string
  readonly part?: Part
  /** The only title that will do. */
  readonly title?: string
  /** Whether an index finds the tracks of the artist that is asked for. */
  readonly isOfArtist?: boolean
}

/** Where a track stands in an order. */
export interface Rank {
  readonly id: string
  readonly score: number
}

/** So many are met within a few hundred steps. */
const manyMatches = 20_000
const mostRanked = 3_000

/** Steps down an order, after which what was to be frequent there is taken to be rare. */
const longestWalk = 10_000

const keepsOrder = (db: Db, place: Rank | undefined, score: Fragment, id: Fragment) =>
  place ? db`(${score}, ${id}) < (${place.score}::float8, ${place.id}::uuid)` : db`true`

/**
 * Goes by the order alone: the first that match, whichever way leads to them. Walking is for what is frequent, and
 * ends where that was wrong.
 */
export async function meet(
  db: Db,
  query: TrackQuery,
  condition: Condition,
  place: Rank | undefined,
  limit: number,
  matches: number,
): Promise<readonly Rank[]> {
  const { text, where } = condition
  const sort = (among: Fragment) =>
    rank(db, { ...condition, where: among }, place, limit, orderScore(db, query))
  if (text !== undefined && matches <= manyMatches && isByPopularity(query)) {
    const known = await sort(db`s.is_top and ${where}`)
    if (known?.length === limit) return known
  }
  const sorted = matches <= mostRanked ? await sort(where) : undefined
  if (sorted) return sorted
  const near = await walk(db, query, condition, place, limit, text === undefined ? undefined : longestWalk)
  if (near.length === limit || text === undefined) return near
  return (await sort(where)) ?? walk(db, query, condition, place, limit, undefined)
}

/** Sorts every match by a score of `m` and `c`, null to leave one out; undefined when there are too many. */
export async function rank(
  db: Db,
  { where, fit }: Condition,
  place: Rank | undefined,
  limit: number,
  score: Fragment,
): Promise<readonly Rank[] | undefined> {
  const rows = await db<(Rank & { matched: number })[]>`
    with matches as materialized (
      select s.track_id, s.published_at, (${fit})::float8 as fit
      from track_search s
      where ${where}
      limit ${mostRanked + 1}
    ), scored as (
      select m.track_id as id, ${score} as score
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

/** What a list is sorted by whose matches are all looked at: how well they fit counts as well, where it is asked for. */
export const fitScore = (db: Db, query: TrackQuery): Fragment =>
  query.sort === 'relevance' ? db`m.fit + c.popularity / 40` : orderScore(db, query)

/** The same as walking down the order gives. */
const orderScore = (db: Db, { sort, period }: TrackQuery): Fragment =>
  sort === 'newest' ? db`extract(epoch from m.published_at)::float8` : db`c.${db(heatOf(sort, period))}`

const isByPopularity = ({ sort, period }: TrackQuery) =>
  sort !== 'newest' && heatOf(sort, period) === 'popularity'

function heatOf(sort: Exclude<TrackSort, 'newest'>, period: TrackQuery['period']) {
  if (sort !== 'trending' || period === 'all') return 'popularity'
  return period === 'week' ? 'week_heat' : 'month_heat'
}

/** Goes down the order asked for and takes what fits. The two fences keep the planner from sorting all that fits. */
async function walk(
  db: Db,
  { sort, period }: TrackQuery,
  { where, title }: Condition,
  place: Rank | undefined,
  limit: number,
  steps: number | undefined,
): Promise<readonly Rank[]> {
  const end = steps === undefined ? db`offset 0` : db`limit ${steps}`
  const column = sort === 'newest' ? undefined : heatOf(sort, period)
  const order = column
    ? db`
        select track_id, ${db(column)} as score from track_scores
        where ${title === undefined ? db`true` : db`title = ${title}`} and ${db(column)} is not null
          and ${keepsOrder(db, place, db`${db(column)}`, db`track_id`)}
        order by ${db(column)} desc, track_id desc
        ${end}
      `
    : db`
        select track_id, extract(epoch from published_at)::float8 as score from track_search
        where ${place ? db`(published_at, track_id) < (to_timestamp(${place.score}), ${place.id})` : db`true`}
        order by published_at desc, track_id desc
        ${end}
      `
  return db<Rank[]>`
    select ordered.track_id as id, ordered.score
    from (${order}) ordered
    cross join lateral (
      select s.track_id from track_search s where s.track_id = ordered.track_id and ${where} offset 0
    ) fitting
    limit ${limit}
  `
}
