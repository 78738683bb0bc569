import type { Context } from 'aws-lambda'
import { createJobQueue } from '../../lib/aws/job-queue.ts'
import { requireEnv } from '../../lib/config.ts'
import { connect, databaseSettings } from '../../lib/db/client.ts'
import { deleteOldReceipts } from '../../lib/event-receipts.ts'
import { logger } from '../../lib/logger.ts'
import { createOutboxRelay } from '../../lib/outbox.ts'

const sql = connect(databaseSettings())
const relay = createOutboxRelay({ sql, queue: createJobQueue(requireEnv('EVENTS_QUEUE_URL')) })

/** Left for the last batch, whose calls may be slow. */
const reserveMs = 10_000

/** The sweep of every minute: sends what the requests could not send themselves. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) {
  let relayed = 0
  while (context.getRemainingTimeInMillis() > reserveMs) {
    const taken = await relay.flush()
    if (taken === 0) break
    relayed += taken
  }
  const forgotten = await deleteOldReceipts(sql, new Date())
  logger.info('The outbox was swept', { relayed, forgotten })
  return { relayed, forgotten }
}
