import { randomUUID } from 'node:crypto'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { type JobQueue, largestBatch, type QueueMessage } from '../../../lib/aws/job-queue.ts'

interface Waiting {
  readonly id: string
  readonly body: string
  visible_at: number
  receives: number
}

export interface QueueSettings {
  /** What handles a batch, and how many environments of it there are. */
  readonly handle: (event: SQSEvent) => Promise<SQSBatchResponse>
  readonly environments: number
  readonly visibilityMs?: number
}

/**
 * A queue as SQS and Lambda's pollers are one, but for the network: at most ten of what is visible at once make a
 * batch, an environment has one batch at a time and holds it until all of it is handled, delays are kept, and what
 * failed is visible again later.
 */
export function createMemoryQueue() {
  const waiting: Waiting[] = []
  const idle: (() => void)[] = []
  let isStopped = false
  let working: Promise<unknown> = Promise.resolve()

  const wake = () => {
    for (const resume of idle.splice(0)) resume()
  }
  const add = (message: Waiting) => {
    waiting.push(message)
    const ms = message.visible_at - Date.now()
    if (ms <= 0) wake()
    else setTimeout(wake, ms).unref()
  }

  function take(): Waiting[] {
    const now = Date.now()
    const batch = waiting.filter(({ visible_at }) => visible_at <= now).slice(0, largestBatch)
    for (const message of batch) waiting.splice(waiting.indexOf(message), 1)
    return batch
  }

  async function work({ handle, visibilityMs = 180_000 }: QueueSettings) {
    while (!isStopped) {
      const batch = take()
      if (batch.length === 0) {
        await new Promise<void>((resume) => idle.push(resume))
        continue
      }
      const failed = await handle({ Records: batch.map(toRecord) }).then(
        ({ batchItemFailures }) => new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
        () => new Set(batch.map(({ id }) => id)),
      )
      for (const message of batch.filter(({ id }) => failed.has(id)))
        add({ ...message, receives: message.receives + 1, visible_at: Date.now() + visibilityMs })
    }
  }

  const jobs: JobQueue = {
    async send(messages: readonly QueueMessage[]) {
      for (const { body, delay_seconds = 0 } of messages)
        add({ id: randomUUID(), body, visible_at: Date.now() + delay_seconds * 1_000, receives: 1 })
      return messages.map(({ id }) => id)
    },
    hide: async () => {},
  }
  return {
    jobs,
    start(settings: QueueSettings) {
      working = Promise.all(Array.from({ length: settings.environments }, () => work(settings)))
    },
    /** Once every batch is handled. */
    async stop() {
      isStopped = true
      wake()
      await working
    },
  }
}

const toRecord = ({ id, body, receives }: Waiting) =>
  ({
    messageId: id,
    receiptHandle: id,
    body,
    attributes: { ApproximateReceiveCount: String(receives) },
  }) as SQSRecord
