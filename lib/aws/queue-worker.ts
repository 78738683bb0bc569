import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { logger } from '../logger.ts'
import { createJobQueue, type JobQueue } from './job-queue.ts'
import { delayAfter, hideFor, type RetryDelays, triesOf, usualRetryDelays } from './retry-delays.ts'

/** Of the steps of an upload: 1, 5 and 15 minutes, so that the fourth try is the last. */
export const stepRetryDelays = [60, 300, 900] as const

export interface QueueWorkerOptions {
  /** Rejects when the message is to come again. */
  readonly handleMessage: (body: unknown, record: SQSRecord) => Promise<void>
  readonly queueUrl: string
  readonly retryDelays?: RetryDelays
  /** After the last of these tries; the message goes to the DLQ then. */
  readonly giveUp?: (body: unknown, error: unknown) => Promise<void>
  readonly queue?: Pick<JobQueue, 'hide'>
}

/** Handles each message of a batch by itself; those that failed come again later, in the end in the DLQ. */
export function createQueueWorker({
  handleMessage,
  queueUrl,
  retryDelays = usualRetryDelays,
  giveUp,
  queue = createJobQueue(queueUrl),
}: QueueWorkerOptions): (event: SQSEvent) => Promise<SQSBatchResponse> {
  async function handleRecord(record: SQSRecord) {
    const body = parse(record)
    if (!body) {
      // Waiting does not make it readable.
      await hideFor(queue, record, 0)
      throw new Error('The message is not JSON')
    }
    try {
      await handleMessage(body.value, record)
    } catch (error) {
      const tries = triesOf(record)
      logger.error('A message could not be handled', { error, message_id: record.messageId, tries })
      const isLast = giveUp !== undefined && tries > retryDelays.length
      if (isLast)
        await giveUp(body.value, error).catch((cause) => logger.error('Nor given up', { error: cause }))
      await hideFor(queue, record, isLast ? 0 : delayAfter(retryDelays, tries))
      throw error
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
