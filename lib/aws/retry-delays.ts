import type { SQSRecord } from 'aws-lambda'
import { logger } from '../logger.ts'
import type { JobQueue } from './job-queue.ts'

/** Seconds until the next try, by the number of tries so far; the last holds for all further ones. */
export type RetryDelays = readonly number[]

export const usualRetryDelays: RetryDelays = [5, 60, 300, 900, 3_600]

export const triesOf = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount)

export const delayAfter = (delays: RetryDelays, tries: number): number =>
  delays[Math.min(tries, delays.length) - 1] ?? 0

/** Has a message come again after so many seconds; without it that is when the queue's own timeout has passed. */
export async function hideFor(queue: Pick<JobQueue, 'hide'>, record: SQSRecord, seconds: number) {
  try {
    await queue.hide(record.receiptHandle, seconds)
  } catch (error) {
    logger.warn('The delay of a retry could not be set', { error, message_id: record.messageId })
  }
}
