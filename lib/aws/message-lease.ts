import { logger } from '../logger.ts'
import type { JobQueue } from './job-queue.ts'

export interface MessageLeaseOptions {
  readonly queue: Pick<JobQueue, 'hide'>
  readonly seconds?: number
}

/**
 * Keeps a message hidden for as long as it is worked on and little longer. The queue's own timeout has to
 * outlast the longest work there is (six times a quarter of an hour), and a message whose worker was killed
 * would be away until then.
 */
export function createMessageLease({ queue, seconds = 30 }: MessageLeaseOptions) {
  async function renew(receiptHandle: string) {
    try {
      await queue.hide(receiptHandle, seconds)
    } catch (error) {
      logger.warn('A message could not be kept hidden', { error })
    }
  }

  return {
    async hold(receiptHandle: string, work: () => Promise<void>): Promise<void> {
      let renewal = renew(receiptHandle)
      const timer = setInterval(
        () => {
          renewal = renew(receiptHandle)
        },
        (seconds * 1000) / 3,
      )
      try {
        await work()
      } finally {
        clearInterval(timer)
        // A renewal that came in after the delay of the next try would put itself in its place.
        await renewal
      }
    },
  }
}
