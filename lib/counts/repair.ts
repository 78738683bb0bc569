import type { Sql } from '../db/client.ts'
import { logger } from '../logger.ts'
import { earlier, hourMs } from '../time.ts'
import { type Drift, recordDrift } from './drift.ts'
import { type Batch, lockDueSource, markProgress, mendBatch, type Progress } from './repair-repository.ts'
import { type CountSource, countSources } from './sources.ts'

/** Of subjects, at once: the next are as many as take about half a second. */
const sizes = { first: 500, least: 10, most: 5_000 }
const batchMs = 500

/** The run of every day finds what the run before has finished due again. */
const restMs = 20 * hourMs

export interface RepairDependencies {
  readonly sql: Sql
  readonly sources?: Readonly<Record<string, CountSource>>
  /** Told of each source once all of its counters were looked at. */
  readonly report?: (drift: Drift) => void
}

/**
 * Makes every counter what its rows say, some subjects a call; answers how many it looked at, and 0 once all were.
 * What is not done in time goes on where it was left.
 */
export function createCountRepair({ sql, report = recordDrift, ...given }: RepairDependencies) {
  const sources: Readonly<Record<string, CountSource>> = given.sources ?? countSources
  let size = sizes.first

  const repair = (now: Date): Promise<number> =>
    sql.begin(async (tx) => {
      const progress = await lockDueSource(tx, Object.keys(sources), earlier(now, restMs))
      if (!progress) return 0
      const startedAt = performance.now()
      const batch = await mendBatch(tx, sources[progress.source]!, progress.after, size)
      const isLast = batch.size < size
      const next = advance(progress, batch)
      await markProgress(tx, next, isLast ? now : null)
      if (isLast) report(next)
      size = fitting(size, performance.now() - startedAt)
      // Having looked at none is an end as well, but of this source alone.
      return Math.max(batch.size, 1)
    })

  return async (now: Date): Promise<number> => {
    try {
      return await repair(now)
    } catch (error) {
      // Perhaps it took too long; if not, that shows when there is little to do.
      if (size === sizes.least) throw error
      logger.warn('A batch of counts failed; a small one is tried', { size, error: error as Error })
      size = sizes.least
      return 1
    }
  }
}

const advance = ({ source, after, drift }: Progress, batch: Batch): Progress => ({
  source,
  after: batch.last ?? after,
  drift: drift + batch.drift,
})

const fitting = (size: number, tookMs: number) =>
  Math.round(Math.min(sizes.most, Math.max(sizes.least, (size * batchMs) / Math.max(tookMs, 1))))
