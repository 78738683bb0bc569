import { logger } from '../logger.ts'

export interface RequestRecord {
  readonly method: string
  /** The template, `/api/v1/tracks/{track_id}`: never the path with its ids, never the query. */
  readonly route: string
  readonly status: number
  readonly duration_ms: number
  readonly user_id: string | undefined
}

/**
 * One line a request, whatever came of it. CloudWatch takes its metrics from the same line (embedded metric
 * format), which halves what a request writes. Every distinct set of dimensions is a metric that is paid for:
 * no ids in them, ever.
 */
export function recordRequest(record: RequestRecord): void {
  const failures = failuresOf(record.status)
  const metrics = [durationMetric, ...Object.keys(failures).map((Name) => ({ Name, Unit: 'Count' }))]
  logger.info('request', {
    ...record,
    ...failures,
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: 'Veza', Dimensions: dimensions, Metrics: metrics }],
    },
  })
}

/** The service is the function, as the logger names it in every line. */
const dimensions = [['service', 'method', 'route']]
const durationMetric = { Name: 'duration_ms', Unit: 'Milliseconds' }

/** Rates are errors over the count of durations, so that a success costs one metric only. */
function failuresOf(status: number): Record<string, number> {
  if (status < 400) return {}
  return status < 500 ? { client_errors: 1 } : { server_errors: 1 }
}
