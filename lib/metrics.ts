import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'

const metrics = new Metrics({ namespace: 'Veza' })

/** What a log line holds for CloudWatch to take a metric from it (embedded metric format). */
export function embedCount(name: string, count = 1) {
  metrics.addMetric(name, MetricUnit.Count, count)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  return embedded
}
