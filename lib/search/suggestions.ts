import type { Db, Fragment } from '../db/client.ts'
import { toTsquery } from './conditions.ts'
import type { Suggestion } from './port.ts'
import { findSimilarWords } from './vocabulary.ts'

const mostWords = 6
const mostResembling = 200

/** ln(1 + plays) never gets there. */
const highestTier = 24

/**
 * What begins with the text, the best known first. Entries are kept in tiers of e-fold popularity, and each tier is
 * asked in turn until there are enough: a short text begins thousands, of which these are the ones to find.
 */
export async function suggest(
  db: Db,
  text: string,
  hiddenOwnerIds: readonly string[],
  limit: number,
): Promise<Suggestion[]> {
  const [{ prefix }] = await db<[{ prefix: string }]>`select fold(${text}) as prefix`
  if (prefix.trim() === '') return []
  const found = await findPrefixed(db, prefix, hiddenOwnerIds, limit)
  return found.length > 0 ? found : findResembling(db, prefix, hiddenOwnerIds, limit)
}

const tiers = (db: Db) => db`generate_series(${highestTier}::int, 0, -1) as tiers (tier)`

/** As a range, which an index serves whatever the planner knows of the text. */
const startsWith = (db: Db, column: Fragment, prefix: string) =>
  db`(${column} ~>=~ ${prefix} and ${column} ~<~ ${`${prefix}\u{10ffff}`})`

async function findPrefixed(db: Db, prefix: string, hidden: readonly string[], limit: number) {
  const artists = await db<Suggestion[]>`
    select 'artist' as kind, u.display_name as text, u.username
    from ${tiers(db)}
    cross join lateral (
      (select user_id from artist_search a
        where a.tier = tiers.tier and ${startsWith(db, db`a.name`, prefix)} limit ${limit})
      union
      (select user_id from artist_search a
        where a.tier = tiers.tier and ${startsWith(db, db`a.username`, prefix)} limit ${limit})
    ) found
    join users u on u.id = found.user_id and u.deletes_at is null and u.deleted_at is null
    where u.id <> all(${hidden}::uuid[])
    limit ${limit}
  `
  const tracks = await db<Suggestion[]>`
    select 'track' as kind, t.title as text, t.id as track_id
    from ${tiers(db)}
    cross join lateral (
      select c.track_id from track_scores c
      where c.tier = tiers.tier and ${startsWith(db, db`c.title`, prefix)}
      limit ${limit * 2}
    ) found
    join tracks t on t.id = found.track_id
    join users o on o.id = t.owner_id and o.deletes_at is null
    where t.owner_id <> all(${hidden}::uuid[])
    limit ${limit * 2}
  `
  const tags = await db<Suggestion[]>`
    select 'tag' as kind, found.tag as text
    from ${tiers(db)}
    cross join lateral (
      select tag
      from tag_search g
      where g.tier = tiers.tier and ${startsWith(db, db`g.tag`, prefix)}
      limit ${limit}
    ) found
    limit ${limit}
  `
  return mix([artists, distinct(tracks), tags], limit)
}

/** Of a mistyped text, the titles that hold what its words may have meant. */
async function findResembling(db: Db, text: string, hidden: readonly string[], limit: number) {
  const [{ words }] = await db<[{ words: string[] }]>`select search_words(${text}) as words`
  const similar = await findSimilarWords(db, words.slice(0, mostWords))
  if (!similar) return []
  const query = toTsquery({ title: text, words, lexemes: [], ranges: [] }, similar)
  const known = await listResembling(db, db`s.is_top and s.head @@ ${query}::tsquery`, hidden, limit)
  const isEnough = known.length === limit
  const tracks = isEnough ? known : await listResembling(db, db`s.head @@ ${query}::tsquery`, hidden, limit)
  return distinct(tracks).slice(0, limit)
}

async function listResembling(db: Db, where: Fragment, hidden: readonly string[], limit: number) {
  return db<Suggestion[]>`
    with found as materialized (
      select s.track_id from track_search s where ${where} limit ${mostResembling}
    )
    select 'track' as kind, t.title as text, t.id as track_id
    from found
    join track_scores c using (track_id)
    join tracks t on t.id = found.track_id
    join users o on o.id = t.owner_id and o.deletes_at is null
    where t.owner_id <> all(${hidden}::uuid[])
    order by c.popularity desc, t.id desc
    limit ${limit}
  `
}

const distinct = (list: readonly Suggestion[]) => [
  ...new Map(list.map((one) => [one.text.toLowerCase(), one])).values(),
]

/** One of each list in turn. */
function mix(lists: readonly (readonly Suggestion[])[], limit: number): Suggestion[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  const mixed = Array.from({ length: longest }, (_, at) => lists.map((list) => list[at])).flat()
  return mixed.filter((one) => one !== undefined).slice(0, limit)
}
