import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Trouble } from './repository.ts'

const metrics = new Metrics({ namespace: 'Veza' })

const names = {
  bounced: 'mail_bounces',
  complained: 'mail_complaints',
  transient: 'mail_transient_bounces',
} as const satisfies Readonly<Record<Trouble['kind'], string>>

/** What of a log line CloudWatch takes a metric from. */
export function countFeedback(kind: Trouble['kind']) {
  metrics.addMetric(names[kind], MetricUnit.Count, 1)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  return embedded
}
