import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { logger } from '../logger.ts'
import { createJobQueue, type JobQueue } from './job-queue.ts'

/** Of the steps of an upload: 1, 5 and 15 minutes, so that the fourth try is the last. */
export const stepRetryDelays = [60, 300, 900] as const

export interface QueueWorkerOptions {
  /** Rejects when the message is to come again. */
  readonly handleMessage: (body: unknown, record: SQSRecord) => Promise<void>
  readonly queueUrl: string
  /** Seconds until the next try, by the number of tries so far; the last holds for all further ones. */
  readonly retryDelays?: readonly number[]
  /** After the last of these tries; the message goes to the DLQ then. */
  readonly giveUp?: (body: unknown, error: unknown) => Promise<void>
  readonly queue?: Pick<JobQueue, 'hide'>
}

/** Handles each message of a batch by itself; those that failed come again later, in the end in the DLQ. */
export function createQueueWorker({
  handleMessage,
  queueUrl,
  retryDelays = [5, 60, 300, 900, 3600],
  giveUp,
  queue = createJobQueue(queueUrl),
}: QueueWorkerOptions): (event: SQSEvent) => Promise<SQSBatchResponse> {
  async function handleRecord(record: SQSRecord) {
    const body = parse(record)
    if (!body) {
      // Waiting does not make it readable.
      await hide(record, 0)
      throw new Error('The message is not JSON')
    }
    try {
      await handleMessage(body.value, record)
    } catch (error) {
      const tries = Number(record.attributes.ApproximateReceiveCount)
      logger.error('A message could not be handled', { error, message_id: record.messageId, tries })
      const isLast = giveUp !== undefined && tries > retryDelays.length
      if (isLast)
        await giveUp(body.value, error).catch((cause) => logger.error('Nor given up', { error: cause }))
      await hide(record, isLast ? 0 : (retryDelays[Math.min(tries, retryDelays.length) - 1] ?? 0))
      throw error
    }
  }

  /** Without it the message only comes back when the queue's own timeout has passed. */
  async function hide(record: SQSRecord, seconds: number) {
    try {
      await queue.hide(record.receiptHandle, seconds)
    } catch (error) {
      logger.warn('The delay of a retry could not be set', { error, message_id: record.messageId })
    }
  }

  return (event) =>
    processPartialResponse(event, handleRecord, new BatchProcessor(EventType.SQS, { logger }), {
      throwOnFullBatchFailure: false,
    })
}

function parse({ body, messageId }: SQSRecord): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) }
  } catch (error) {
    logger.error('A message is not JSON', { error, message_id: messageId })
    return undefined
  }
}
