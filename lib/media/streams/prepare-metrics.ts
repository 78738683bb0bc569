import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logger } from '../../logger.ts'
import type { PrepareJob } from './stream-server.ts'

export interface FailedTry extends PrepareJob {
  readonly tries: number
  readonly reason: string | null
  readonly error?: Error
}

const metrics = new Metrics({ namespace: 'Veza' })

/** A line for each; CloudWatch takes the metrics of the alarms `stream-tries` and `stream-jobs` from them. */
export function recordFailedTry(failure: FailedTry): void {
  logger.warn('The stream server did not take a job', { ...failure, ...count('stream_tries_failed') })
}

export function recordGivenUp(failure: FailedTry): void {
  logger.error('A prepare job was given up', { ...failure, ...count('stream_jobs_given_up') })
}

function count(name: string) {
  metrics.addMetric(name, MetricUnit.Count, 1)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  return embedded
}
