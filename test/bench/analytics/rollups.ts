import postgres from 'postgres'
import { redo, rollUp } from '../../../lib/analytics/rollups/service.ts'
import { connect } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { dayMs, earlier, hourMs, later } from '../../../lib/time.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../../support/server.ts'
import { fillPeople, fillSpan, worldOf } from './raw-rows.ts'

const sizes = [10_000, 100_000, 1_000_000]

/** How long it takes to sum up an hour in which much was reported, with the deadline that a statement has. */
export async function measureRollUps(): Promise<void> {
  logger.setLogLevel('SILENT')
  const server = await startServer()
  await server.createTemplate()
  const url = withDatabase(server.url, templateName)
  const raw = postgres(url, { max: 1, onnotice: () => {} })
  // As the scheduler has it.
  const settings = { ...settingsOf(url), queryDeadlineMs: 30_000 }
  const sql = connect(settings)
  const now = new Date()
  const world = worldOf(10_000_000, now)
  const today = new Date(now.toISOString().slice(0, 10))
  try {
    await fillPeople(raw, world)
    console.log(`\nAn hour and its day summed up; a statement may take ${settings.queryDeadlineMs / 1_000} s`)
    console.log('  raw rows of the hour      first time        again   s')
    for (const [at, rows] of sizes.entries()) {
      const from = later(earlier(today, (at + 1) * dayMs), 12 * hourMs)
      await fillSpan(raw, world, { from, ms: hourMs, rows })
      await raw`vacuum analyze`
      const sumUp = async () => {
        await redo(sql, { from, to: later(from, hourMs) }, now)
        const started = performance.now()
        while ((await rollUp(sql, now)) > 0) {}
        return (performance.now() - started) / 1_000
      }
      const times = [await sumUp(), await sumUp()]
      const shown = times.map((time) => time.toFixed(2).padStart(12))
      console.log(`  ${rows.toLocaleString('en').padStart(20)}    ${shown.join(' ')}`)
    }
  } finally {
    await raw.end()
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}
