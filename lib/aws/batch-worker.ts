import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { logger } from '../logger.ts'
import { createJobQueue, type JobQueue } from './job-queue.ts'
import { delayAfter, hideFor, triesOf, usualRetryDelays } from './retry-delays.ts'

export interface BatchMessage {
  readonly id: string
  readonly body: unknown
}

export interface BatchWorkerOptions {
  /** Answers with the ids of the messages that failed; when it rejects all of them have. */
  readonly handleBatch: (messages: readonly BatchMessage[]) => Promise<ReadonlySet<string>>
  readonly queueUrl: string
  readonly queue?: Pick<JobQueue, 'hide'>
}

/** Handles the messages of a batch together; those that failed come again later, in the end in the DLQ. */
export function createBatchWorker({
  handleBatch,
  queueUrl,
  queue = createJobQueue(queueUrl),
}: BatchWorkerOptions): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const hide = (record: SQSRecord) => hideFor(queue, record, delayAfter(usualRetryDelays, triesOf(record)))

  const handle = async (records: readonly SQSRecord[]): Promise<ReadonlySet<string>> => {
    const messages = records.map(({ messageId, body }) => ({ id: messageId, body: parse(body) }))
    try {
      return await handleBatch(messages)
    } catch (error) {
      logger.error('A batch could not be handled', { error: error as Error, messages: records.length })
      return new Set(messages.map(({ id }) => id))
    }
  }

  return async ({ Records }) => {
    const failed = await handle(Records)
    const left = Records.filter(({ messageId }) => failed.has(messageId))
    await Promise.all(left.map(hide))
    return { batchItemFailures: left.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

/** Undefined where it is not JSON, which no schema takes. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
