import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { logger } from '../logger.ts'
import { createJobQueue, type JobQueue } from './job-queue.ts'

export interface QueueWorkerOptions {
  /** Rejects when the message is to come again. */
  readonly handleMessage: (body: unknown, record: SQSRecord) => Promise<void>
  readonly queueUrl: string
  /** Seconds until the next try, by the number of tries so far; the last holds for all further ones. */
  readonly retryDelays?: readonly number[]
  readonly queue?: Pick<JobQueue, 'hide'>
}

/** Handles each message of a batch by itself; those that failed come again later, in the end in the DLQ. */
export function createQueueWorker({
  handleMessage,
  queueUrl,
  retryDelays = [5, 60, 300, 900, 3600],
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
      await hide(record, retryDelays[Math.min(tries, retryDelays.length) - 1] ?? 0)
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
