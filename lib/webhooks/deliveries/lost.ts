import { listGivenUp } from './lost-repository.ts'
import { recordGivenUp } from './metrics.ts'
import { createSettlement, type ResultDependencies } from './results.ts'
import { notSent } from './results-repository.ts'

const atOnce = 100

/**
 * Attempts that were handed over again and again, of which nothing was ever heard: each counts as one that failed, so
 * that the schedule of retries goes on and comes to its end. The endpoint is not blamed for it.
 */
export function createLostSweep({ sql, random }: Omit<ResultDependencies, 'now'>) {
  return async (now: Date): Promise<number> => {
    const settle = createSettlement({ sql, now: () => now, ...(random && { random }) })
    const lost = await listGivenUp(sql, now, atOnce)
    for (const { delivery_id, number } of lost) {
      await settle({
        delivery_id,
        number,
        at: now,
        duration_ms: 0,
        status_code: null,
        error: notSent,
        response_body: null,
        retry_after_seconds: null,
      })
      recordGivenUp(delivery_id, number)
    }
    return lost.length
  }
}
