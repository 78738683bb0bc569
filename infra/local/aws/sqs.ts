import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from 'fauxqs'
import { S3Store } from '../../../node_modules/fauxqs/dist/s3/s3Store.js'
import { SnsStore } from '../../../node_modules/fauxqs/dist/sns/snsStore.js'
import { type SqsQueue, SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js'
import { INVALID_MESSAGE_BODY_CHAR } from '../../../node_modules/fauxqs/dist/sqs/sqsTypes.js'
import { REGION, type Resource, type Template } from '../template.ts'
import { QueueDatabase } from './sqs-database.ts'

export interface QueueMessage {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly md5OfBody: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, unknown>>
}

export interface ReceiveOptions {
  readonly max: number
  readonly waitMs: number
  /** Seconds; the queue's own when it is not given. */
  readonly visibilityTimeout?: number
  readonly signal?: AbortSignal
}

/** The queues of the template, in this process; a queue is named by its name, ARN or URL. */
export interface Queues {
  receive(queue: string, options: ReceiveOptions): Promise<QueueMessage[]>
  delete(queue: string, receiptHandles: readonly string[]): void
  changeVisibility(queue: string, receiptHandle: string, seconds: number): void
  send(
    queue: string,
    body: string,
    options?: { readonly delaySeconds?: number },
  ): { readonly messageId: string }
  depth(queue: string): { readonly ready: number; readonly in_flight: number; readonly delayed: number }
  /** Moves what is ready in a dead-letter queue back to where it came from. */
  redrive(deadLetterQueue: string, destination?: string): number
  /** One call of SQS's own JSON protocol. */
  call(
    action: string,
    body: string,
  ): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly body: string }>
  readonly queues: readonly Resource[]
  close(): Promise<void>
}

/** SQS takes what lies beyond the first 65,536 characters, emoji among them; fauxqs reads their halves and refuses. */
const isRefused = (body: string) => /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(body)
Object.defineProperty(INVALID_MESSAGE_BODY_CHAR, 'test', { value: isRefused })

/** Opens fauxqs as a library: it listens nowhere, and what is on a queue survives a restart in `<dataDir>/sqs`. */
export async function openQueues(options: {
  readonly template: Pick<Template, 'ofType'>
  readonly dataDir: string
}): Promise<Queues> {
  const resources = options.template.ofType('AWS::SQS::Queue')
  const store = new SqsStore()
  const persistence = openPersistence(options.dataDir, store)
  for (const resource of resources) declareQueue(store, resource)
  const app = buildApp({
    logger: false,
    defaultRegion: REGION,
    stores: { sqsStore: store, snsStore: new SnsStore(), s3Store: new S3Store() },
  })
  await app.ready()

  const find = (queue: string): SqsQueue => {
    const found = store.getQueueByName(nameOf(queue))
    if (!found) throw new Error(`There is no queue ${queue}`)
    return found
  }
  const deadLetterTarget = (arn: string) => store.getQueueByArn(arn)

  return {
    queues: resources,
    async receive(name, { max, waitMs, visibilityTimeout, signal }) {
      const queue = find(name)
      const deadline = Date.now() + waitMs
      for (;;) {
        const taken = queue.dequeue(max, visibilityTimeout, deadLetterTarget)
        if (taken.length > 0) return taken.map((message) => toMessage(message, queue))
        const left = deadline - Date.now()
        if (left <= 0 || signal?.aborted) return []
        await waitForMessage(queue, left, signal)
      }
    },
    delete(name, receiptHandles) {
      for (const handle of receiptHandles) find(name).deleteMessage(handle)
    },
    changeVisibility: (name, receiptHandle, seconds) => find(name).changeVisibility(receiptHandle, seconds),
    send(name, body, { delaySeconds } = {}) {
      const message = SqsStore.createMessage(body, {}, delaySeconds)
      find(name).enqueue(message)
      return { messageId: message.messageId }
    },
    depth(name) {
      const { ready, inflight, delayed } = find(name).inspectMessages()
      return { ready: ready.length, in_flight: inflight.length, delayed: delayed.length }
    },
    redrive: (name, destination) =>
      redrive(find(name), destination === undefined ? sourceOf(store, find(name)) : find(destination)),
    async call(action, body) {
      const response = await app.inject({
        method: 'POST',
        url: '/',
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
        payload: body,
      })
      return { status: response.statusCode, headers: kept(response.headers), body: response.body }
    },
    async close() {
      await app.close()
      persistence.close()
    },
  }
}

/** Loaded before the stores know of it: fauxqs would otherwise replace a queue's row and lose its messages. */
function openPersistence(dataDir: string, store: SqsStore): QueueDatabase {
  const persistence = new QueueDatabase(`${dataDir}/sqs`)
  persistence.loadSqsAndSns(store, new SnsStore())
  store.persistence = persistence
  for (const queue of store.allQueues()) queue.persistence = persistence
  return persistence
}

function declareQueue(store: SqsStore, resource: Resource): void {
  const attributes = attributesOf(resource)
  const known = store.getQueueByName(resource.attribute('QueueName'))
  if (known) known.setAttributes({ RedrivePolicy: '', ...attributes })
  else store.createQueue(resource.attribute('QueueName'), resource.ref, resource.attribute('Arn'), attributes)
}

const plainAttributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
  'FifoQueue',
  'ContentBasedDeduplication',
]

function attributesOf({ properties }: Resource): Record<string, string> {
  const plain = plainAttributes.flatMap((name) =>
    properties[name] === undefined ? [] : [[name, String(properties[name])] as const],
  )
  const redrive = properties.RedrivePolicy
  return {
    ...Object.fromEntries(plain),
    ...(redrive !== undefined && { RedrivePolicy: JSON.stringify(redrive) }),
  }
}

function sourceOf(store: SqsStore, deadLetterQueue: SqsQueue): SqsQueue {
  for (const queue of store.allQueues()) {
    if (queue.attributes.RedrivePolicy?.includes(`"${deadLetterQueue.arn}"`)) return queue
  }
  throw new Error(`${deadLetterQueue.name} is the dead-letter queue of no queue`)
}

function redrive(from: SqsQueue, to: SqsQueue): number {
  const messages = from.dequeue(10)
  for (const { Body, ReceiptHandle } of messages) {
    to.enqueue(
      SqsStore.createMessage(Body, from.inflightMessages.get(ReceiptHandle)?.message.messageAttributes),
    )
    from.deleteMessage(ReceiptHandle)
  }
  return messages.length === 0 ? 0 : messages.length + redrive(from, to)
}

async function waitForMessage(queue: SqsQueue, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const aborted = new AbortController()
  const stop = () => aborted.abort()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([queue.waitForMessages(ms / 1000), sleep(ms, undefined, { signal: aborted.signal })])
  } catch {
    // aborted: the caller looks at the signal
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

function toMessage(received: ReturnType<SqsQueue['dequeue']>[number], queue: SqsQueue): QueueMessage {
  const message = queue.inflightMessages.get(received.ReceiptHandle)!.message
  const attributes = Object.entries(message.messageAttributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        dataType: DataType,
        stringValue: StringValue,
        binaryValue: BinaryValue,
        stringListValues: [],
        binaryListValues: [],
      },
    ],
  )
  return {
    messageId: message.messageId,
    receiptHandle: received.ReceiptHandle,
    body: message.body,
    md5OfBody: message.md5OfBody,
    attributes: {
      ApproximateReceiveCount: String(message.approximateReceiveCount),
      SentTimestamp: String(message.sentTimestamp),
      SenderId: 'LOCAL',
      ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp),
    },
    messageAttributes: Object.fromEntries(attributes),
  }
}

const kept = (headers: Record<string, unknown>) =>
  Object.fromEntries(
    ['content-type', 'x-amzn-query-error'].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, String(headers[name])]],
    ),
  )

/** The last part of an ARN or a URL, and a plain name as it is. */
export const nameOf = (queue: string) =>
  queue.slice(Math.max(queue.lastIndexOf(':'), queue.lastIndexOf('/')) + 1)
