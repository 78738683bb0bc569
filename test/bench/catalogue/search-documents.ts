import type postgres from 'postgres'
import { markTop } from '../../../lib/search/ranking.ts'
import type { Progress, Tell } from '../progress.ts'
import { present } from './library.ts'

/** Those that are filled from the others. */
export const derivedTables = [
  'track_search',
  'track_scores',
  'search_vocabulary',
  'search_typos',
  'artist_search',
  'tag_search',
  'ranking_queue',
  'name_vocabulary',
]

const batchSize = 2_000

/** The documents by the function that keeps them; `write` may run on several connections at once. */
export async function createDocuments(sql: postgres.Sql, progress: Progress) {
  await sql`analyze tracks, users, track_versions`
  const ids = await sql<{ id: string }[]>`select id from tracks order by id`
  const batches = Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, at) =>
    ids.slice(at * batchSize, (at + 1) * batchSize).map(({ id }) => id),
  )
  const { promise: isDone, resolve: end } = Promise.withResolvers<void>()
  let tell: Tell = () => {}
  const shown = progress.step('documents', ids.length, (given) => {
    tell = given
    return isDone
  })
  return {
    async write() {
      for (let batch = batches.pop(); batch; batch = batches.pop()) {
        await sql`select refresh_track_search(${batch}::uuid[])`
        tell(batch.length)
      }
    },
    end: () => {
      end()
      return shown
    },
  }
}

const sinceEpoch = present - Date.UTC(2026, 0, 1)

/** As the clock would have made them. */
export async function fillScores(sql: postgres.Sql): Promise<void> {
  await sql`
    update track_scores c
    set popularity = ln(1 + score), ranked_score = score,
      week_heat = case when n.like_count % 10 = 0 then ln(1 + score) + ${sinceEpoch / 259_200_000}::float8 - random() end,
      month_heat = case when n.like_count % 3 = 0 then ln(1 + score) + ${sinceEpoch / 1_036_800_000}::float8 - random() end
    from counts n cross join lateral (select n.play_count + 3 * n.like_count + 5 * n.repost_count as score) weighed
    where n.subject_id = c.track_id
  `
  await sql`
    select learn_words(array_agg(distinct word))
    from track_search cross join unnest(tsvector_to_array(head)) as word
  `
  await sql`
    update artist_search a set tier = floor(ln(1 + n.follower_count)) from counts n where n.subject_id = a.user_id
  `
  await sql`
    insert into tag_search (tag, track_count)
    select fold(tag), count(*) from tracks cross join unnest(tags) as tag where visibility = 'public' group by 1
  `
  await markTop(sql)
  await sql`truncate ranking_queue`
}

/** What the trigger of `users` learns. */
export async function fillNames(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into name_vocabulary (word)
    select distinct word from users, unnest(name_words(username, display_name)) as word
    where length(word) >= 3 and word !~ '^[0-9]+$'
  `
}
