import { drawCharts } from '../../../lib/analytics/rollups/charts.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { createStatsApi, statsRoutes } from '../../support/analytics.ts'
import { justSignedIn } from '../../support/api.ts'
import type { World } from './raw-rows.ts'

const ranges = ['7d', '28d', '90d', '365d'] as const
const callsEach = 60

/** Through the handler of the function, as callers come to it. */
export async function measureReads(sql: Sql, world: World) {
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

const actorOf = (id: string): Actor => ({
  id,
  session_id: id,
  role: 'creator',
  token_version: 1,
  ...justSignedIn(),
})
