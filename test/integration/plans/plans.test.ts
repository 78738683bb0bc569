import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import postgres from 'postgres'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createSecrets } from '../../../lib/aws/secrets.ts'
import type { ApiHandler } from '../../../lib/http/api.ts'
import { credentials, startAws } from '../../bench/accounts.ts'
import { type Callers, createCallers } from '../../bench/catalogue/callers.ts'
import { type Case, casesOf, type Group } from '../../bench/catalogue/cases.ts'
import { counted } from '../../bench/catalogue/counts.ts'
import { generateCatalogue } from '../../bench/catalogue/generate.ts'
import { scaleOf } from '../../bench/catalogue/library.ts'
import { createReplay, withoutAsides } from '../../bench/catalogue/replay.ts'
import { findSubjects, noSubjects } from '../../bench/catalogue/subjects.ts'
import { settingsFor } from '../../bench/environment.ts'
import { context } from '../../support/api.ts'
import { type Statement, tapStatements } from '../../support/wire-tap.ts'

const tracks = 20_000
/** In a library of this size the vocabularies are that large, too. */
const largeRows = 5_000
const callsOfCase = 5

let url: string
let sql: postgres.Sql
let aws: Server
let cases: readonly Case[]
let callers: Callers
let handlers: Record<Group, ApiHandler>
let replay: ReturnType<typeof createReplay>
let large: ReadonlySet<string>
const tap = tapStatements()

beforeAll(async () => {
  url = await generateCatalogue(process.env.TEST_DATABASE_URL!, { tracks, isQuiet: true })
  sql = postgres(url, { max: 1, onnotice: () => {} })
  aws = await startAws()
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
  Object.assign(process.env, settingsFor(url), credentials, { AWS_ENDPOINT_URL: endpoint })
  // A page from a disk of today costs about the same wherever it is.
  await sql`alter database ${sql(new URL(url).pathname.slice(1))} set random_page_cost = 1.1`
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and reltuples > ${largeRows}
  `
  large = new Set(rows.map(({ name }) => name))
  const subjects = await findSubjects(sql, scaleOf(tracks))
  cases = casesOf(subjects)
  callers = await createCallers(
    sql,
    parseKeyRing(await createSecrets().read(process.env.JWT_SECRET_ARN!)),
    subjects,
  )
  replay = createReplay()
  handlers = {
    tracks: (await import('../../../functions/tracks/handler.ts')).handler,
    users: (await import('../../../functions/users/handler.ts')).handler,
    social: (await import('../../../functions/social/handler.ts')).handler,
    playlists: (await import('../../../functions/playlists/handler.ts')).handler,
  }
}, 240_000)

afterAll(async () => {
  tap.stop()
  aws?.close()
  await replay?.end()
  await sql?.end()
  const admin = postgres(process.env.TEST_DATABASE_URL!, { max: 1 })
  await admin`drop database ${admin(new URL(url).pathname.slice(1))} with (force)`
  await admin.end()
}, 60_000)

/** What calls of the case send. */
async function statementsOf(name: string): Promise<readonly Statement[]> {
  const one = cases.find((known) => known.name === name)!
  const statements: Statement[] = []
  for (const event of callers.eventsOf(one, callsOfCase)) {
    tap.take()
    const { statusCode } = await handlers[one.group](event, context())
    const heard = withoutAsides(tap.take())
    if (statusCode === 200) statements.push(...heard)
  }
  return statements
}

/** The large tables that a plan reads from end to end. */
const readWhole = (plan: string) =>
  [...plan.matchAll(/Seq Scan on (\w+)/g)].map(([, table]) => table!).filter((table) => large.has(table))

const names = casesOf(noSubjects).map(({ name }) => name)

test.each(names)('%s reads no large table from end to end', async (name) => {
  const statements = await statementsOf(name)

  expect(statements.length).toBeGreaterThan(0)
  for (const statement of statements) {
    const plan = await replay.explain(statement, '')
    const { text, parameters } = statement
    const found = readWhole(plan)
    if (found.length > 0) {
      throw new Error(`${found.join(', ')} by\n${text}\n${JSON.stringify(parameters)}\n${plan}`)
    }
  }
})

test.each([
  ['GET /tracks, newest', 'tracks_newest'],
  ['GET /tracks?tag=', 'track_search_body'],
  ['GET /tracks?sort=popular', 'track_scores_popular'],
  ['GET /tracks?sort=trending', 'track_scores_week'],
  ['GET /tracks?sort=trending&period=month', 'track_scores_month'],
  ['GET /tracks?q=, a rare word', 'track_search_head'],
  ['GET /search/suggestions, 2 letters', 'track_scores_titles'],
  ['GET /search/suggestions, 2 letters', 'artist_search_name'],
  ['GET /search/suggestions, mistyped', 'search_typos_pkey'],
  ['GET /users/{name}', 'Index Only Scan using tracks_owner_newest'],
  ['GET /users/{name}/tracks', 'tracks_owner_newest'],
  ['GET /users/{name}/followers', 'follows_of_followed'],
  ['GET /users/{name}/following', 'follows_of_follower'],
  ['GET /users?q=, the begin of a name', 'users_listed_username'],
  ['GET /users?q=, mistyped, user', 'name_vocabulary_similar'],
  ['GET /users/me/likes', 'track_likes_of_user'],
  ['GET /users/me/history', 'listening_history_newest'],
  ['GET /tracks/{id}/comments, newest of 10 000', 'comments_of_track'],
  ['GET /tracks/{id}/comments, by place of 10 000, user', 'comments_on_timeline'],
  ['GET /comments/{id}/replies of 1 000, user', 'comments_of_thread'],
  ['GET /feed, 20 followed', 'tracks_owner_newest'],
  ['GET /feed, 5 000 followed', 'tracks_newest'],
  ['GET /feed, 5 000 followed', 'reposts_newest'],
  ['GET /notifications', 'notifications_newest'],
  ['GET /playlists', 'playlists_owner'],
  ['GET /playlists/{id}/items of 10 000, deep', 'playlist_items_rank'],
])('%s is served by %s', async (name, index) => {
  const plans: string[] = []
  for (const statement of await statementsOf(name)) plans.push(await replay.explain(statement, ''))

  expect(plans.join('\n')).toMatch(new RegExp(`\\b${index}\\b`))
})

test('a read of a whole large table would be seen', async () => {
  const statement = { text: 'select count(*) from tracks where title = $1', types: [0], parameters: ['x'] }

  expect(readWhole(await replay.explain(statement, ''))).toEqual(['tracks'])
})

test('the counts of the library are those of its rows', async () => {
  const totals = new Map<string, number>()
  for (const { counter, rows } of counted) {
    const [row] = await sql.unsafe<[{ count: number }]>(`select count(*)::int from (${rows}) rows`)
    totals.set(counter, (totals.get(counter) ?? 0) + row.count)
  }
  for (const [counter, total] of totals) {
    const [row] = await sql<[{ sum: number }]>`select sum(${sql(counter)})::int from counts`
    expect([counter, row.sum]).toEqual([counter, total])
  }
})
