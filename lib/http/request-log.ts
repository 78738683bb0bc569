import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logger } from '../logger.ts'

export interface RequestRecord {
  readonly method: string
  /** The template, `/api/v1/tracks/{track_id}`: never the path with its ids, never the query. */
  readonly route: string
  readonly status: number
  readonly duration_ms: number
  readonly user_id: string | undefined
}

/** Every distinct set of dimensions is a metric that is paid for: no ids in them, ever. */
const metrics = new Metrics({ namespace: 'Veza' })

/**
 * One line a request, whatever came of it. CloudWatch takes its metrics from the same line (embedded metric
 * format), which halves what a request writes. A rate is errors over the count of durations.
 */
export function recordRequest(record: RequestRecord): void {
  metrics.addDimensions({ method: record.method, route: record.route })
  metrics.addMetric('duration_ms', MetricUnit.Milliseconds, record.duration_ms)
  const failure = failureOf(record.status)
  if (failure) metrics.addMetric(failure, MetricUnit.Count, 1)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  metrics.clearDimensions()
  logger.info('request', { ...record, ...embedded })
}

function failureOf(status: number) {
  if (status < 400) return undefined
  return status < 500 ? 'client_errors' : 'server_errors'
}
