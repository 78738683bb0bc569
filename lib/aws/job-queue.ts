import { clientSettings } from './client-settings.ts'

export interface QueueMessage {
  /** Unique within one call; tells which messages were accepted. */
  readonly id: string
  readonly body: string
}

export interface JobQueue {
  /** Answers with the ids that the queue has accepted; the others were refused. */
  send(messages: readonly QueueMessage[], signal?: AbortSignal): Promise<string[]>
  /** Hides a received message for so long. */
  hide(receiptHandle: string, seconds: number): Promise<void>
}

/** What SQS takes in one call. */
export const largestBatch = 10

export function createJobQueue(queueUrl: string): JobQueue {
  let loading: ReturnType<typeof loadClient> | undefined
  const load = () => {
    loading ??= loadClient()
    return loading
  }

  return {
    async send(messages, signal) {
      const accepted: string[] = []
      for (let first = 0; first < messages.length; first += largestBatch) {
        const { client, SendMessageBatchCommand } = await load()
        const { Successful = [] } = await client.send(
          new SendMessageBatchCommand({
            QueueUrl: queueUrl,
            Entries: messages
              .slice(first, first + largestBatch)
              .map(({ id, body }) => ({ Id: id, MessageBody: body })),
          }),
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

async function loadClient() {
  const sqs = await import('@aws-sdk/client-sqs')
  const { SendMessageBatchCommand, ChangeMessageVisibilityCommand } = sqs
  return {
    client: new sqs.SQSClient(clientSettings),
    SendMessageBatchCommand,
    ChangeMessageVisibilityCommand,
  }
}
