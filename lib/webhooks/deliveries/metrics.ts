import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logger } from '../../logger.ts'
import type { Claim } from './claims-repository.ts'

const metrics = new Metrics({ namespace: 'Veza' })

/** CloudWatch takes the metric of the alarm `webhooks-unsent` from it. */
export const recordUnsent = (messages: number, error: unknown) =>
  logger.error('Webhooks could not be handed to the sender', {
    error,
    messages,
    ...count('webhooks_unsent', messages),
  })

/** The same for `webhooks-lost`. */
export const recordLost = (claims: readonly Claim[]) =>
  logger.warn('Nothing was heard of webhooks that were handed to the sender; they are handed over again', {
    deliveries: claims.map(({ id, attempt }) => ({ id, attempt })),
    ...count('webhooks_lost', claims.length),
  })

/** An attempt of which nothing was heard however often it was handed over. */
export const recordGivenUp = (delivery_id: string, attempt: number) =>
  logger.error('An attempt to send a webhook was given up without a result', { delivery_id, attempt })

function count(name: string, value: number) {
  metrics.addMetric(name, MetricUnit.Count, value)
  // The logger names the service itself.
  const { service: _service, ...embedded } = metrics.serializeMetrics()
  metrics.clearMetrics()
  return embedded
}
