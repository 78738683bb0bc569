import { connect } from '../../../lib/db/client.ts'
import { logger } from '../../../lib/logger.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../../support/server.ts'
import { createProgress } from '../progress.ts'
import { printFigures } from '../table.ts'
import { measureDeadEndpoint } from './dead-endpoint.ts'
import { measureFirstAttempt } from './first-attempt.ts'
import { startStage } from './stage.ts'
import { measureThroughput } from './throughput.ts'

/** As a database that may not forget. */
const durable = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on']
/** Whoever writes, three environments that handle events, two that handle results. */
const connectionCount = 6

const sizes = {
  whole: { attempts: 500, deliveries: 5_000, seconds: 60, eventsPerSecond: 5 },
  small: { attempts: 50, deliveries: 500, seconds: 10, eventsPerSecond: 2 },
}

/** Webhooks: how soon they are sent, how many, and whom one that is dead holds up. */
export async function measureWebhooks({ isSmall }: { readonly isSmall: boolean }): Promise<void> {
  // A line a call would be most of what is shown here.
  logger.setLogLevel('SILENT')
  const { attempts, deliveries, ...load } = sizes[isSmall ? 'small' : 'whole']
  const server = await startServer({ settings: durable })
  await server.createTemplate()
  const settings = settingsOf(withDatabase(server.url, templateName))
  const connections = Array.from({ length: connectionCount }, () => connect(settings))
  const progress = createProgress()
  try {
    printFigures(
      'Deliveries of one sender environment, over bare requests on connections that are kept',
      await measureThroughput(deliveries, progress),
    )
    const stage = startStage({ connections, senders: 5 })
    const first = await measureFirstAttempt(stage, attempts, progress)
    await stage.stop()
    printFigures(
      'From a commit to its webhook at the receiver, functions and queues in one process, over a bare request',
      first,
    )
    printFigures(
      'From a commit to nine endpoints while a tenth is dead, over the same with ten alive',
      await measureDeadEndpoint({ connections, ...load }, progress),
    )
  } finally {
    progress.stop()
    await Promise.all(connections.map((connection) => connection.end({ timeout: 5 })))
    await server.stop()
  }
}
