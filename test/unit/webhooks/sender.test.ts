import { randomBytes, randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { Webhook } from 'standardwebhooks'
import { createFieldCipher } from '../../../lib/auth/field-cipher.ts'
import type { QueueMessage } from '../../../lib/aws/job-queue.ts'
import { createQueueWorker } from '../../../lib/aws/queue-worker.ts'
import { sealMessage, type WebhookMessage } from '../../../lib/webhooks/message.ts'
import { type WebhookResult, webhookResult } from '../../../lib/webhooks/result.ts'
import { createPost } from '../../../lib/webhooks/sending/attempt.ts'
import { createSender } from '../../../lib/webhooks/sending/sender.ts'
import { startReceiver, stopReceivers } from '../../support/receivers.ts'

afterEach(stopReceivers)

const keys = new Map([['now', randomBytes(32)]])
const cipher = createFieldCipher({ loadKeys: async () => ({ kid: 'now', keys }) })
const secret = `whsec_${randomBytes(32).toString('base64')}`
const post = createPost({
  resolve: async () => [],
  allowLocal: true,
  deadlineMs: 2_000,
})

const messageTo = (url: string, fields: Partial<WebhookMessage> = {}): WebhookMessage => ({
  delivery_id: randomUUID(),
  attempt: 1,
  event_id: randomUUID(),
  url,
  body: '{"type":"track.ready"}',
  headers: {},
  secrets: [secret],
  not_after: new Date(Date.now() + 60_000).toISOString(),
  ...fields,
})

/** The queue of results; while it is shut it takes nothing. */
function createResults() {
  const got: WebhookResult[] = []
  const waiting: (() => void)[] = []
  const results = {
    isShut: false,
    got,
    async send(messages: readonly QueueMessage[]) {
      if (results.isShut) return []
      got.push(...messages.map(({ body }) => webhookResult.parse(JSON.parse(body))))
      for (const wake of waiting.splice(0)) wake()
      return messages.map(({ id }) => id)
    },
    async until(count: number) {
      while (got.length < count) await new Promise<void>((wake) => waiting.push(wake))
    },
  }
  return results
}

function createWorker(results = createResults()) {
  const hidden: number[] = []
  const handle = createQueueWorker({
    queueUrl: 'webhooks',
    queue: { hide: async (_, seconds) => void hidden.push(seconds) },
    handleMessage: createSender({ cipher, post, results }),
  })
  const work = (bodies: readonly string[]) => handle({ Records: bodies.map(toRecord) } as SQSEvent)
  return { results, work, hidden }
}

const toRecord = (body: string, at: number) =>
  ({
    messageId: `message-${at}`,
    receiptHandle: `receipt-${at}`,
    body,
    attributes: { ApproximateReceiveCount: '1' },
  }) as SQSRecord

test('sends the webhook of a message, signed, and its result', async () => {
  const received: unknown[] = []
  const receiver = await startReceiver(async (request, response) => {
    const body = await text(request)
    received.push(new Webhook(secret).verify(body, request.headers as Record<string, string>))
    response.end('thanks')
  })
  const { results, work } = createWorker()
  const message = messageTo(receiver.url, { attempt: 3 })

  expect(await work([await sealMessage(cipher, message)])).toEqual({ batchItemFailures: [] })

  expect(received).toEqual([{ type: 'track.ready' }])
  expect(results.got).toEqual([
    {
      delivery_id: message.delivery_id,
      attempt: 3,
      at: expect.any(String),
      duration_ms: expect.any(Number),
      status_code: 200,
      error: null,
      retry_after_seconds: null,
      response_body: 'thanks',
    },
  ])
})

test('sends those of a batch side by side, and each result as soon as it is there', async () => {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const slow = await startReceiver(async (_, response) => {
    await released
    response.end()
  })
  const quick = await startReceiver((_, response) => response.end())
  const messages = [slow, ...Array.from({ length: 9 }, () => quick)].map(({ url }) => messageTo(url))
  const { results, work } = createWorker()

  const working = work(await Promise.all(messages.map((message) => sealMessage(cipher, message))))
  await results.until(9)
  expect(results.got.map(({ delivery_id }) => delivery_id)).not.toContain(messages[0]!.delivery_id)
  release()
  await working

  expect(results.got.at(-1)).toMatchObject({ delivery_id: messages[0]!.delivery_id, status_code: 200 })
})

test('tells of a failure as a result; the queue has nothing to repeat', async () => {
  const receiver = await startReceiver((_, response) =>
    response.writeHead(503, { 'retry-after': '7' }).end('later'),
  )
  const { results, work } = createWorker()
  expect(await work([await sealMessage(cipher, messageTo(receiver.url))])).toEqual({ batchItemFailures: [] })
  expect(results.got).toMatchObject([
    { status_code: 503, error: 'status', retry_after_seconds: 7, response_body: 'later' },
  ])
})

test('sends nothing that has come too late, and tells nothing of it', async () => {
  const receiver = await startReceiver((_, response) => response.end())
  const { results, work } = createWorker()
  const late = messageTo(receiver.url, { not_after: new Date(Date.now() - 1).toISOString() })
  expect(await work([await sealMessage(cipher, late)])).toEqual({ batchItemFailures: [] })
  expect([receiver.connections(), results.got]).toEqual([0, []])
})

test('keeps the message whose result was not taken, and that one only; then it is sent again', async () => {
  const ids: unknown[] = []
  const receiver = await startReceiver((request, response) => {
    ids.push(request.headers['webhook-id'])
    response.end()
  })
  const { results, work, hidden } = createWorker()
  const message = messageTo(receiver.url)
  const body = await sealMessage(cipher, message)

  results.isShut = true
  expect(await work([body])).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] })
  results.isShut = false
  expect(await work([body])).toEqual({ batchItemFailures: [] })

  expect(ids).toEqual([message.event_id, message.event_id])
  expect([results.got.length, hidden]).toEqual([1, [5]])
})

test('what cannot be opened fails by itself', async () => {
  const receiver = await startReceiver((_, response) => response.end())
  const { results, work } = createWorker()
  const stranger = createFieldCipher({
    loadKeys: async () => ({ kid: 'now', keys: new Map([['now', randomBytes(32)]]) }),
  })
  const bodies = [
    await sealMessage(stranger, messageTo(receiver.url)),
    await sealMessage(cipher, messageTo(receiver.url)),
    JSON.stringify(messageTo(receiver.url)),
  ]
  const { batchItemFailures } = await work(bodies)
  expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).toSorted()).toEqual([
    'message-0',
    'message-2',
  ])
  expect([results.got.length, receiver.connections()]).toEqual([1, 1])
})
