import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import postgres from 'postgres'
import { connect } from '../../../lib/db/client.ts'
import { migrate } from '../../../lib/db/migrate.ts'
import { settingsOf, withDatabase } from '../../support/server.ts'
import { createProgress, type Progress } from '../progress.ts'
import { commentLoads } from './comment-rows.ts'
import { fillCounts } from './counts.ts'
import { createLibrary, present, scaleOf } from './library.ts'
import { copyRows, type Index, type Load, takeIndexes } from './load.ts'
import { notificationLoads } from './notification-rows.ts'
import { peopleLoads } from './people-rows.ts'
import { playlistLoads } from './playlist-rows.ts'
import { reactionLoads } from './reaction-rows.ts'
import { createDocuments, derivedTables, fillNames, fillScores } from './search-documents.ts'
import { trackLoads } from './track-rows.ts'

/** Of a modest server with a gigabyte to itself. */
export const serverSettings = [
  'shared_buffers=1GB',
  'effective_cache_size=4GB',
  'random_page_cost=1.1',
  'maintenance_work_mem=1GB',
  // Two indexes are built at once.
  'max_parallel_maintenance_workers=0',
  'max_wal_size=16GB',
  'checkpoint_timeout=60min',
  'autovacuum=off',
]

const migrations = path.resolve('lib/db/migrations')

export interface Wanted {
  readonly tracks: number
  /** Anew, even where it is there. */
  readonly isFresh?: boolean
  readonly isQuiet?: boolean
}

/** Fills a database of its own with a library of so many tracks; one that is there already stays as it is. */
export async function generateCatalogue(serverUrl: string, wanted: Wanted): Promise<string> {
  const { tracks, isFresh = false, isQuiet = false } = wanted
  const name = `catalogue_${tracks}`
  const url = withDatabase(serverUrl, name)
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
  const [found] = await admin`
    select pg_catalog.shobj_description(oid, 'pg_database') as state from pg_database where datname = ${name}
  `
  const filled = `filled ${await hashMigrations()}`
  if (found?.state !== filled || isFresh) {
    if (!isQuiet) console.log(`\nA library of ${tracks.toLocaleString('en')} tracks`)
    await admin`drop database if exists ${admin(name)} with (force)`
    await admin`create database ${admin(name)}`
    await fill(url, tracks, isQuiet)
    await admin.unsafe(`comment on database ${name} is '${filled}'`)
  }
  await admin.end()
  return url
}

/** A library of another schema is none. */
async function hashMigrations(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(migrations)).sort())
    hash.update(await readFile(path.join(migrations, file)))
  return hash.digest('hex').slice(0, 16)
}

async function fill(url: string, tracks: number, isQuiet: boolean) {
  const migrating = connect({ ...settingsOf(url), queryDeadlineMs: 60_000 })
  await migrate(migrating, migrations)
  await migrating.end()

  const progress = createProgress({ isQuiet })
  // No triggers and no checks of foreign keys: what they would do is done for all rows at once.
  const connection = { synchronous_commit: 'off', session_replication_role: 'replica' }
  const sql = postgres(url, { max: 2, onnotice: () => {}, connection })
  const library = createLibrary(scaleOf(tracks))
  const [users, ...relations] = peopleLoads(library)
  const first = [users!, ...trackLoads(library)]
  const rest = [
    ...relations,
    ...reactionLoads(library),
    ...commentLoads(library),
    ...playlistLoads(library),
    ...notificationLoads(library),
  ]
  const indexes = await takeIndexes(sql, [...[...first, ...rest].map(({ table }) => table), ...derivedTables])
  await sql`select create_play_months(${new Date(present - 366 * 86_400_000)}::date, 15)`
  await load(sql, first, progress)

  // Writing the documents is the server's work, and making rows ours.
  const documents = await createDocuments(sql, progress)
  await Promise.all([
    documents.write(),
    load(sql, rest, progress)
      .then(() => progress.step('counts', 1, () => fillCounts(sql)))
      .then(documents.write),
  ])
  await documents.end()
  await progress.step('scores and words', 1, () => Promise.all([fillScores(sql), fillNames(sql)]))
  await progress.step('indexes', indexes.length, (tell) => buildIndexes(sql, indexes, tell))
  await progress.step('statistics', 1, () => sql`vacuum analyze`)
  progress.stop()
  await sql.end()
}

/** In one transaction, which begins by emptying the tables: see `copyRows`. */
async function load(sql: postgres.Sql, loads: readonly Load[], progress: Progress) {
  await sql.begin(async (tx) => {
    await tx`truncate ${tx(loads.map(({ table }) => table))} cascade`
    for (const one of loads) await progress.step(one.table, one.count, (tell) => copyRows(tx, one, tell))
  })
}

/** Two at a time, as there are two connections; those of one table after one another. */
async function buildIndexes(sql: postgres.Sql, indexes: readonly Index[], tell: (done: number) => void) {
  const byTable = [...Map.groupBy(indexes, ({ table }) => table).values()]
  const build = async () => {
    for (let some = byTable.shift(); some; some = byTable.shift()) {
      for (const { definition } of some) {
        await sql.unsafe(definition)
        tell(1)
      }
    }
  }
  await Promise.all([build(), build()])
}
