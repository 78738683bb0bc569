import { logger } from '../../logger.ts'
import { embedCount } from '../../metrics.ts'
import type { Claim } from './claims-repository.ts'

/** CloudWatch takes the metric of the alarm `webhooks-unsent` from it. */
export const recordUnsent = (messages: number, error: unknown) =>
  logger.error('Webhooks could not be handed to the sender', {
    error,
    messages,
    ...embedCount('webhooks_unsent', messages),
  })

/** The same for `webhooks-lost`. */
export const recordLost = (claims: readonly Claim[]) =>
  logger.warn('Nothing was heard of webhooks that were handed to the sender; they are handed over again', {
    deliveries: claims.map(({ id, attempt }) => ({ id, attempt })),
    ...embedCount('webhooks_lost', claims.length),
  })

/** An attempt of which nothing was heard however often it was handed over. */
export const recordGivenUp = (delivery_id: string, attempt: number) =>
  logger.error('An attempt to send a webhook was given up without a result', { delivery_id, attempt })
