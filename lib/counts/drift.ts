import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logger } from '../logger.ts'

export interface Drift {
  /** Of `countSources`. */
  readonly source: string
  /** By how much its counters were off in all, in both directions. */
  readonly drift: number
}

const metrics = new Metrics({ namespace: 'Veza' })

/** A line for each counter and run; CloudWatch takes the metric of the alarm `count-drift` from it. */
export function recordDrift({ source, drift }: Drift): void {
  metrics.addMetric('count_drift', MetricUnit.Count, drift)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  logger.info('A counter was counted anew', { source, ...embedded })
}
