import { clientSettings } from './client-settings.ts'

export interface QueueMessage {
  /** Unique within one call; tells which messages were accepted. */
  readonly id: string
  readonly body: string
  /** How long the queue keeps it to itself, 900 at most. */
  readonly delay_seconds?: number
}

export interface JobQueue {
  /** Answers with the ids that the queue has accepted; the others were refused. */
  send(messages: readonly QueueMessage[], signal?: AbortSignal): Promise<string[]>
  /** Hides a received message for so long. */
  hide(receiptHandle: string, seconds: number): Promise<void>
}

/** What SQS takes in one call. */
export const largestBatch = 10
const largestBatchBytes = 1024 * 1024

export function createJobQueue(queueUrl: string): JobQueue {
  let loading: ReturnType<typeof loadClient> | undefined
  const load = () => {
    loading ??= loadClient()
    return loading
  }

  return {
    async send(messages, signal) {
      const accepted: string[] = []
      for (const batch of toBatches(messages)) {
        const { client, SendMessageBatchCommand } = await load()
        const { Successful = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: batch.map(toEntry) }),
          signal && { abortSignal: signal },
        )
        accepted.push(...Successful.map(({ Id }) => Id!))
      }
      return accepted
    },

    async hide(receiptHandle, seconds) {
      const { client, ChangeMessageVisibilityCommand } = await load()
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      )
    },
  }
}

function toBatches(messages: readonly QueueMessage[]): QueueMessage[][] {
  const batches: QueueMessage[][] = []
  let bytes = 0
  for (const message of messages) {
    const size = Buffer.byteLength(message.body)
    const batch = batches.at(-1)
    if (batch && batch.length < largestBatch && bytes + size <= largestBatchBytes) {
      batch.push(message)
      bytes += size
    } else {
      batches.push([message])
      bytes = size
    }
  }
  return batches
}

const toEntry = ({ id, body, delay_seconds }: QueueMessage) => ({
  Id: id,
  MessageBody: body,
  ...(delay_seconds !== undefined && { DelaySeconds: delay_seconds }),
})

async function loadClient() {
  const sqs = await import('@aws-sdk/client-sqs')
  const { SendMessageBatchCommand, ChangeMessageVisibilityCommand } = sqs
  return {
    client: new sqs.SQSClient(clientSettings),
    SendMessageBatchCommand,
    ChangeMessageVisibilityCommand,
  }
}
