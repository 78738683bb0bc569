import path from 'node:path'
import { SingleBar } from 'cli-progress'
import postgres from 'postgres'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { migrate } from '../../../lib/db/migrate.ts'
import { markTop } from '../../../lib/search/ranking.ts'
import { settingsOf, withDatabase } from '../../support/server.ts'
import { copyRows, takeIndexes } from './load.ts'
import { loadsOf, present, scaleOf } from './rows.ts'

/** Of a modest server with a gigabyte to itself. */
export const serverSettings = [
  'shared_buffers=1GB',
  'effective_cache_size=4GB',
  'random_page_cost=1.1',
  'maintenance_work_mem=1GB',
  'max_parallel_maintenance_workers=2',
  'max_wal_size=16GB',
  'checkpoint_timeout=60min',
  'autovacuum=off',
]

/** Shows how far a step has come; where nobody watches, one line when it is done. */
async function showing(title: string, total: number, work: (tell: (done: number) => void) => Promise<void>) {
  const started = performance.now()
  const bar = new SingleBar({
    format: `  ${title.padEnd(22)} {bar} {percentage}%  {value}  {duration_formatted}`,
    hideCursor: true,
    clearOnComplete: true,
  })
  bar.start(total, 0)
  await work((done) => bar.increment(done))
  bar.stop()
  console.log(`  ${title.padEnd(22)} ${((performance.now() - started) / 1_000).toFixed(1)} s`)
}

/** Fills a database of its own with a library of so many tracks; one that is there already stays as it is. */
export async function generateCatalogue(
  serverUrl: string,
  tracks: number,
  isFresh: boolean,
): Promise<string> {
  const name = `catalogue_${tracks}`
  const url = withDatabase(serverUrl, name)
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
  const [present] = await admin`
    select pg_catalog.shobj_description(oid, 'pg_database') as state from pg_database where datname = ${name}
  `
  if (present?.state === 'filled' && !isFresh) {
    await admin.end()
    return url
  }
  console.log(`\nA library of ${tracks.toLocaleString('en')} tracks`)
  await admin`drop database if exists ${admin(name)} with (force)`
  await admin`create database ${admin(name)}`
  await fill(url, tracks)
  await admin.unsafe(`comment on database ${name} is 'filled'`)
  await admin.end()
  return url
}

async function fill(url: string, tracks: number) {
  const sql = postgres(url, { max: 2, onnotice: () => {}, connection: { synchronous_commit: 'off' } })
  const migrating = connect({ ...settingsOf(url), queryDeadlineMs: 60_000 })
  await migrate(migrating, path.resolve('lib/db/migrations'))
  await migrating.end()

  const loads = loadsOf(scaleOf(tracks))
  const derived = [
    'track_search',
    'track_scores',
    'search_vocabulary',
    'search_typos',
    'artist_search',
    'ranking_queue',
  ]
  const indexes = await takeIndexes(sql, [...loads.map(({ table }) => table), ...derived])
  for (const load of loads) {
    await showing(
      load.table,
      load.count,
      (tell) =>
        // No triggers and no checks of foreign keys: what they would do is done for all rows at once below.
        sql.begin(async (tx) => {
          await tx`set local session_replication_role = replica`
          await copyRows(tx, load, tell)
        }) as Promise<void>,
    )
  }
  await showing('counts', 1, async () => {
    for (const statement of countStatements) await sql.unsafe(statement)
  })
  await fillSearch(sql, tracks)
  await showing('indexes', indexes.length, async (tell) => {
    for (const { create } of indexes) {
      await create()
      tell(1)
    }
  })
  await showing('statistics', 1, async () => void (await sql`vacuum analyze`))
  await sql.end()
}

const countStatements = [
  `insert into counts (subject_id, like_count, play_count)
    select track_id, count(*), count(*) * 7 from track_likes group by track_id`,
  `insert into counts (subject_id, follower_count)
    select followed_id, count(*) from follows group by followed_id
    on conflict (subject_id) do update set follower_count = excluded.follower_count`,
  `insert into counts (subject_id, following_count)
    select follower_id, count(*) from follows group by follower_id
    on conflict (subject_id) do update set following_count = excluded.following_count`,
]

/** The documents by the function that keeps them, on both cores; the scores as the clock would have made them. */
async function fillSearch(sql: postgres.Sql, tracks: number) {
  await sql`analyze tracks, users, track_versions`
  const ids = await sql<{ id: string }[]>`select id from tracks order by id`
  const batches = Array.from({ length: Math.ceil(ids.length / 2_000) }, (_, at) =>
    ids.slice(at * 2_000, (at + 1) * 2_000).map(({ id }) => id),
  )
  await showing('documents', tracks, async (tell) => {
    const worker = async () => {
      for (let batch = batches.pop(); batch; batch = batches.pop()) {
        await sql`select refresh_track_search(${batch}::uuid[])`
        tell(batch.length)
      }
    }
    await Promise.all([worker(), worker()])
  })
  await showing('scores and words', 1, async () => {
    await sql`
      update track_scores c
      set popularity = ln(1 + n.play_count + 3 * n.like_count), ranked_score = n.play_count + 3 * n.like_count,
        week_heat = case when n.like_count % 10 = 0 then ln(1 + n.like_count) + ${(present - Date.UTC(2026, 0, 1)) / 259_200_000}::float8 - random() end,
        month_heat = case when n.like_count % 3 = 0 then ln(1 + n.like_count) + ${(present - Date.UTC(2026, 0, 1)) / 1_036_800_000}::float8 - random() end
      from counts n
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
    await markTop(sql as unknown as Sql)
    await sql`truncate ranking_queue`
  })
}
