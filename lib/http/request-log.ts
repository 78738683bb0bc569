import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { logger, metrics } from '../logger.ts'

export interface RequestRecord {
  readonly method: string
  /** The template, `/api/v1/tracks/{track_id}`: never the path with its ids, never the query. */
  readonly route: string
  readonly status: number
  readonly duration_ms: number
  readonly user_id: string | undefined
}

/** One line and one set of metrics a request, whatever came of it. */
export function createRequestLog(service: string) {
  metrics.clearDefaultDimensions()
  metrics.setDefaultDimensions({ service })
  return (record: RequestRecord): void => {
    const { method, route, status, duration_ms } = record
    logger.info('request', { ...record })
    metrics.addDimension('route', `${method} ${route}`)
    metrics.addMetric('duration', MetricUnit.Milliseconds, duration_ms)
    // Rates are errors over the count of durations, so that a success costs one metric only.
    if (status >= 400)
      metrics.addMetric(status < 500 ? 'client_errors' : 'server_errors', MetricUnit.Count, 1)
    metrics.publishStoredMetrics()
  }
}
