import postgres from 'postgres'
import { drawCharts } from '../../../lib/analytics/rollups/charts.ts'
import { redo, rollUp } from '../../../lib/analytics/rollups/service.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { dayMs, earlier } from '../../../lib/time.ts'
import { createStatsApi, statsRoutes } from '../../support/analytics.ts'
import { justSignedIn } from '../../support/api.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../../support/server.ts'
import { serverSettings } from '../catalogue/generate.ts'
import { createProgress, type Tell } from '../progress.ts'
import { fillDay, fillPeople, type World, worldOf } from './raw-rows.ts'

export interface DashboardOptions {
  readonly rows: number
}

const ranges = ['7d', '28d', '90d', '365d'] as const
const callsEach = 60

/**
 * How long a dashboard takes with so many raw rows behind it. Every one of the rows is there and is summed up by what
 * sums up in production; nothing is made up of their sums.
 */
export async function measureDashboards({ rows }: DashboardOptions): Promise<void> {
  logger.setLogLevel('SILENT')
  const server = await startServer({ settings: serverSettings })
  await server.createTemplate()
  const url = withDatabase(server.url, templateName)
  const raw = postgres(url, { max: 1, onnotice: () => {} })
  const sql = connect({ ...settingsOf(url), queryDeadlineMs: 600_000 })
  const now = new Date()
  const world = worldOf(rows, now)
  const progress = createProgress()
  try {
    const filled = await progress.step('raw rows', world.days, (tell) => fill(raw, world, tell))
    const summed = await progress.step('hours and days', world.days * 25, (tell) => sumUp(sql, world, tell))
    await raw.unsafe('vacuum analyze')
    progress.stop()
    const count = (value: number) => Math.round(value).toLocaleString('en')
    console.log(
      `\nDashboards over ${count(rows)} raw rows: ${count(world.tracks)} tracks of ${count(world.owners)} owners in ${world.days} days`,
    )
    console.log(`  written in SQL               ${filled.toFixed(0)} s`)
    console.log(
      `  summed up, all of it         ${summed.toFixed(0)} s, ${count(rows / summed)} raw rows a second`,
    )
    await printSizes(raw)
    await measureReads(sql, world)
  } finally {
    progress.stop()
    await raw.end()
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}

const seconds = (since: number) => (performance.now() - since) / 1_000

async function fill(raw: postgres.Sql, world: World, tell: Tell) {
  const started = performance.now()
  const first = dayOf(earlier(world.now, world.days * dayMs))
  for (const kind of ['play', 'listen', 'analytics', 'listener']) {
    await raw.unsafe(`select create_${kind}_months('${first}'::date, 14)`)
  }
  await fillPeople(raw, world)
  for (let day = world.days - 1; day >= 0; day--) {
    const at = new Date(dayOf(earlier(world.now, day * dayMs)))
    await fillDay(raw, world, at)
    tell(1)
  }
  await raw.unsafe('vacuum analyze')
  return seconds(started)
}

async function sumUp(sql: Sql, { now, days }: World, tell: Tell) {
  const started = performance.now()
  // What is older than a year would not be summed up anew today: it is summed up as of a month ago.
  const monthAgo = earlier(now, 40 * dayMs)
  const parts = [
    { at: monthAgo, from: earlier(now, days * dayMs) },
    { at: now, from: earlier(monthAgo, dayMs) },
  ]
  for (const { at, from } of parts) {
    await redo(sql, { from, to: at }, at)
    for (let done = 1; done > 0; ) {
      done = await rollUp(sql, at)
      tell(done)
    }
  }
  return seconds(started)
}

async function printSizes(raw: postgres.Sql) {
  const sizes = await raw<{ name: string; rows: number; megabytes: number }[]>`
    select
      coalesce(parent.inhparent::regclass::text, c.oid::regclass::text) as name,
      sum(c.reltuples)::float8 as rows, sum(pg_total_relation_size(c.oid))::float8 / 1e6 as megabytes
    from pg_class c
    left join pg_inherits parent on parent.inhrelid = c.oid
    where c.relkind = 'r' and c.relname ~ '^(plays|listens|analytics_events|hourly_stats|daily_|listener_days)'
    group by 1
    order by 3 desc
  `
  for (const { name, rows, megabytes } of sizes) {
    console.log(
      `  ${name.padEnd(28)} ${Math.round(rows).toLocaleString('en').padStart(12)} rows ${megabytes.toFixed(0).padStart(7)} MB`,
    )
  }
}

async function measureReads(sql: Sql, world: World) {
  const call = createStatsApi(sql, () => world.now)
  const owners = (
    await sql<{ id: string }[]>`
    select subject_id as id from daily_stats where kind = 'owner' group by subject_id order by sum(play_count) desc
  `
  ).map(({ id }) => actorOf(id))
  const groups = {
    'the ten most played': owners.slice(0, 10),
    'owners by chance': Array.from(
      { length: callsEach },
      () => owners[Math.floor(Math.random() * owners.length)]!,
    ),
  }
  console.log('\n  GET /analytics/dashboard, compared with before       p50      p95      max  ms')
  for (const [name, some] of Object.entries(groups)) {
    for (const range of ranges) {
      const times: number[] = []
      for (let at = 0; at < callsEach; at++) {
        const query = { range, compare: 'previous' }
        const started = performance.now()
        const { status, text } = await call(statsRoutes.getDashboard, some[at % some.length], { query })
        times.push(performance.now() - started)
        if (status !== 200) throw new Error(text)
      }
      printTimes(`${name}, ${range}`, times)
    }
  }
  await measureOne('export of 28 days, the most played', () =>
    call(statsRoutes.exportDashboard, owners[0], { query: { range: '28d' } }),
  )
  const started = performance.now()
  while ((await drawCharts(sql, world.now)) > 0) {}
  printTimes('all charts drawn up', [performance.now() - started])
  await measureOne('GET /analytics/top', () => call(statsRoutes.getChart, undefined, {}))
}

async function measureOne(
  name: string,
  run: () => Promise<{ readonly status: number; readonly text: string }>,
) {
  const times: number[] = []
  for (let at = 0; at < 20; at++) {
    const started = performance.now()
    const { status, text } = await run()
    times.push(performance.now() - started)
    if (status !== 200) throw new Error(text)
  }
  printTimes(name, times)
}

function printTimes(name: string, times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
  const shown = [at(0.5), at(0.95), sorted.at(-1)!].map((ms) => ms.toFixed(1).padStart(8))
  console.log(`  ${name.padEnd(48)} ${shown.join(' ')}`)
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10)

const actorOf = (id: string): Actor => ({
  id,
  session_id: id,
  role: 'creator',
  token_version: 1,
  ...justSignedIn(),
})
