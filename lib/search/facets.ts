import type { Db, Fragment } from '../db/client.ts'
import { estimateMatches, isMatch, readQuery, toTsquery } from './conditions.ts'
import type { Facet, TrackFacets, TrackQuery } from './port.ts'

const largestSample = 1_000
/** With fewer of the best known, any others tell more. */
const smallestSample = 200
const mostValues = 20

interface FacetRow extends Facet {
  readonly facet: 'genres' | 'tags' | 'keys' | 'bpms' | 'durations'
}

/** Counts the values of what matches; where that is much, of a thousand of the best known. */
export async function countFacets(db: Db, query: TrackQuery): Promise<TrackFacets> {
  const { ids, is_estimate } = await sampleTracks(db, query)
  const rows = await countValues(db, ids)
  const valuesOf = (facet: FacetRow['facet']) =>
    rows.filter((row) => row.facet === facet).map(({ value, count }) => ({ value, count }))
  return {
    genres: valuesOf('genres'),
    tags: valuesOf('tags'),
    keys: valuesOf('keys'),
    bpms: valuesOf('bpms'),
    durations: valuesOf('durations'),
    counted: ids.length,
    is_estimate,
  }
}

async function sampleTracks(db: Db, query: TrackQuery) {
  const text = toTsquery(await readQuery(db, query))
  const rest = isMatch(db, query)
  if (text === '' && query.artist === undefined) {
    return { ids: await listPopular(db, rest, largestSample), is_estimate: true }
  }
  const where = text === '' ? rest : db`s.body @@ ${text}::tsquery and ${rest}`
  if (text === '' || (await estimateMatches(db, 'body', text)) < 2 * largestSample) {
    const all = await listMatches(db, where, largestSample + 1)
    if (all.length <= largestSample) return { ids: all, is_estimate: false }
  }
  const known = await listMatches(db, db`s.is_top and ${where}`, largestSample)
  const ids = known.length < smallestSample ? await listMatches(db, where, largestSample) : known
  return { ids, is_estimate: true }
}

async function listMatches(db: Db, where: Fragment, limit: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select s.track_id as id
    from track_search s
    join users o on o.id = s.owner_id and o.deletes_at is null
    where ${where}
    limit ${limit}
  `
  return rows.map(({ id }) => id)
}

/** Goes down from the best known, in steps that are bounded however little fits. */
async function listPopular(db: Db, where: Fragment, limit: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select fitting.track_id as id
    from (select track_id from track_scores order by popularity desc, track_id desc limit ${5 * limit}) ordered
    cross join lateral (
      select s.track_id, s.owner_id
      from track_search s
      where s.track_id = ordered.track_id and ${where}
      offset 0
    ) fitting
    join users o on o.id = fitting.owner_id and o.deletes_at is null
    limit ${limit}
  `
  return rows.map(({ id }) => id)
}

async function countValues(db: Db, ids: readonly string[]): Promise<FacetRow[]> {
  return db<FacetRow[]>`
    with sample as (
      select s.genre, s.key, s.bpm, s.duration_ms, t.tags
      from unnest(${ids}::uuid[]) as wanted (id)
      join track_search s on s.track_id = wanted.id
      join tracks t on t.id = wanted.id
    ), valued as (
      select 'genres' as facet, genre as value from sample
      union all select 'tags', tag from sample cross join unnest(tags) as tag
      union all select 'keys', key from sample
      union all select 'bpms', (floor(bpm / 10) * 10)::text from sample
      union all select 'durations', (duration_ms / 60000)::text from sample
    ), counted as (
      select
        facet, value, count(*)::int as count,
        row_number() over (partition by facet order by count(*) desc, value) as place
      from valued
      where value is not null
      group by facet, value
    )
    select facet, value, count from counted where place <= ${mostValues} order by facet, count desc, value
  `
}
