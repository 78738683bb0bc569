import { logger } from '../logger.ts'
import { embedCount } from '../metrics.ts'

export interface Drift {
  /** Of `countSources`. */
  readonly source: string
  /** By how much its counters were off in all, in both directions. */
  readonly drift: number
}

/** A line for each counter and run; CloudWatch takes the metric of the alarm `count-drift` from it. */
export function recordDrift({ source, drift }: Drift): void {
  logger.info('A counter was counted anew', { source, ...embedCount('count_drift', drift) })
}
