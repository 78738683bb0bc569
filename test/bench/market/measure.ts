import { connect } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { createMemoryStripe } from '../../support/memory-stripe.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../../support/server.ts'
import { createProgress } from '../progress.ts'
import { printFigures } from '../table.ts'
import { measureCertificates } from './certificates.ts'
import { measureContention } from './contention.ts'
import { measureOrders } from './orders.ts'
import type { Stage } from './stage.ts'

/** As a database that may not forget. */
const durable = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on']
const mostConnections = 8

/** Orders from their creation to their completion, the rush on an exclusive licence, and certificates. */
export async function measureMarket(): Promise<void> {
  // A line a call would be most of what is shown here.
  logger.setLogLevel('SILENT')
  const server = await startServer({ settings: durable })
  await server.createTemplate()
  const settings = settingsOf(withDatabase(server.url, templateName))
  const connections = Array.from({ length: mostConnections }, () => connect(settings))
  const stage: Stage = { connections, sql: connections[0]!, stripe: createMemoryStripe() }
  const progress = createProgress()
  try {
    const orders = await measureOrders(stage, progress)
    printFigures(
      'An order, from POST /orders by way of the webhook to completed, against one durable insert',
      orders,
    )
    const contention = await measureContention(stage, progress)
    printFigures('200 who order one exclusive licence at once, against 200 who order a lease', contention)
    printFigures('A certificate, against the bare signature', await measureCertificates(stage, progress))
  } finally {
    progress.stop()
    await Promise.all(connections.map((connection) => connection.end({ timeout: 5 })))
    await server.stop()
  }
}
