import { logger } from '../../logger.ts'
import { embedCount } from '../../metrics.ts'
import type { PrepareJob } from './stream-server.ts'

export interface FailedTry extends PrepareJob {
  readonly tries: number
  readonly reason: string | null
  readonly error?: Error
}

/** A line for each; CloudWatch takes the metrics of the alarms `stream-tries` and `stream-jobs` from them. */
export function recordFailedTry(failure: FailedTry): void {
  logger.warn('The stream server did not take a job', { ...failure, ...embedCount('stream_tries_failed') })
}

export function recordGivenUp(failure: FailedTry): void {
  logger.error('A prepare job was given up', { ...failure, ...embedCount('stream_jobs_given_up') })
}
