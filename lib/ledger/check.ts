import type { Db } from '../db/client.ts'
import { logger } from '../logger.ts'
import { countMetric } from '../stripe/metrics.ts'
import { findBreaches } from './invariants.ts'

/** As many as a line of the log should hold. */
const mostNamed = 20

/** A task of one step: it looks whether every rule of money holds, and has an alarm rung where one does not. */
export async function checkMoney(db: Db): Promise<number> {
  const breaches = await findBreaches(db)
  if (breaches.length === 0) return 0
  logger.error('Rules of money are broken', {
    breaches: breaches.slice(0, mostNamed),
    ...countMetric('money_breaches', breaches.length),
  })
  return 0
}
