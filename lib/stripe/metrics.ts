import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'

const metrics = new Metrics({ namespace: 'Veza' })

/** What of a log line CloudWatch takes a metric from. */
export function countMetric(
  name: 'stripe_calls_failed' | 'stripe_events_failed' | 'stripe_unexpected_payment' | 'money_breaches',
  count = 1,
) {
  metrics.addMetric(name, MetricUnit.Count, count)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  return embedded
}
