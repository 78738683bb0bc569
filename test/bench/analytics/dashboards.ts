import postgres from 'postgres'
import { connect } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../../support/server.ts'
import { serverSettings } from '../catalogue/generate.ts'
import { createProgress } from '../progress.ts'
import { measureReads } from './dashboard-reads.ts'
import { fillDays } from './filled-days.ts'
import { fillPeople, worldOf } from './raw-rows.ts'
import { countShapes, printShapes } from './shapes.ts'
import { createMonths, sliceOf, sumUpSlice, writeSlice } from './slice.ts'

export interface DashboardOptions {
  /** Raw ones: those that are written and those whose sums are. */
  readonly rows: number
}

/**
 * How long a dashboard takes with so many raw rows behind it. Those of some days are written and summed up by what sums
 * up in production; the other days get the sums of such days, see `fillDays`, for no dashboard reads a raw row.
 */
export async function measureDashboards({ rows }: DashboardOptions): Promise<void> {
  logger.setLogLevel('SILENT')
  const server = await startServer({ settings: [...serverSettings, 'work_mem=64MB'] })
  await server.createTemplate()
  const url = withDatabase(server.url, templateName)
  const raw = postgres(url, { max: 2, onnotice: () => {} })
  const sql = connect(settingsOf(url))
  const world = worldOf(rows, new Date())
  const slice = sliceOf(world)
  const progress = createProgress()
  try {
    await createMonths(raw, world)
    await progress.step('people and tracks', 1, () => fillPeople(raw, world))
    await progress.step('raw rows', slice.days, (tell) => writeSlice(raw, world, slice, tell))
    await progress.step('hours and days', slice.days * 25, (tell) => sumUpSlice(sql, world, slice, tell))
    const written = await countShapes(raw)
    if (slice.days < world.days) await fillDays(raw, world, slice, progress)
    else await raw`vacuum analyze`
    progress.stop()
    await printShapes(raw, world, slice, written)
    await measureReads(sql, world)
  } finally {
    progress.stop()
    await raw.end()
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}
