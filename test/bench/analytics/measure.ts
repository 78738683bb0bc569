import { connect } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../../support/server.ts'
import { printFigures } from '../table.ts'
import { measureIngest } from './ingest.ts'

export interface AnalyticsOptions {
  readonly events: number
  readonly duplicates: number
}

/** `npm run bench -- analytics`. */
export async function measureAnalytics({ events, duplicates }: AnalyticsOptions): Promise<void> {
  // A line a call would be most of what is shown here.
  logger.setLogLevel('SILENT')
  const server = await startServer()
  await server.createTemplate()
  const sql = connect({ ...settingsOf(withDatabase(server.url, templateName)), queryDeadlineMs: 120_000 })
  try {
    const { figures, written, left, perSecond } = await measureIngest(sql, { events, duplicates })
    printFigures('An event from the route to its row, against COPY of the same rows', figures)
    console.log(`  ${Math.round(perSecond)} events a second in one process; ${written} rows`)
    console.log(`  ${duplicates} duplicates written after that: ${left - written} rows more`)
  } finally {
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}
