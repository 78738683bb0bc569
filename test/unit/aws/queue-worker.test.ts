import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { createQueueWorker, stepRetryDelays } from '../../../lib/aws/queue-worker.ts'

interface Message {
  readonly body: string
  readonly receives?: number
}

function sqsEvent(messages: Record<string, Message>): SQSEvent {
  const Records = Object.entries(messages).map(([messageId, { body, receives = 1 }]) => ({
    messageId,
    receiptHandle: `receipt of ${messageId}`,
    body,
    attributes: { ApproximateReceiveCount: String(receives) },
    eventSource: 'aws:sqs',
  }))
  return { Records: Records as unknown as SQSRecord[] }
}

const failed = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
})

/** A worker that fails messages with `fail` in them, and what it was seen to do. */
function startWorker(hide?: () => Promise<void>) {
  const handled: unknown[] = []
  const hidden: Record<string, number> = {}
  const worker = createQueueWorker({
    queueUrl: 'https://sqs.example/events',
    handleMessage: async (body) => {
      if (JSON.stringify(body).includes('fail')) throw new Error('not today')
      handled.push(body)
    },
    queue: {
      hide: async (receiptHandle, seconds) => {
        await hide?.()
        hidden[receiptHandle] = seconds
      },
    },
  })
  return { worker, handled, hidden }
}

test('hands every message over, read', async () => {
  const { worker, handled } = startWorker()

  await expect(worker(sqsEvent({ a: { body: '{"n":1}' }, b: { body: '[2]' } }))).resolves.toEqual(failed())
  expect(handled).toEqual([{ n: 1 }, [2]])
})

test('reports only the messages that failed', async () => {
  const { worker, handled } = startWorker()
  const event = sqsEvent({ a: { body: '1' }, b: { body: '"fail"' }, c: { body: '3' } })

  await expect(worker(event)).resolves.toEqual(failed('b'))
  expect(handled).toEqual([1, 3])
})

test('reports every message of a batch that failed whole', async () => {
  const { worker } = startWorker()

  await expect(worker(sqsEvent({ a: { body: '"fail"' }, b: { body: '"fail"' } }))).resolves.toEqual(
    failed('a', 'b'),
  )
})

test('forgets the failures of the batch before', async () => {
  const { worker } = startWorker()
  await worker(sqsEvent({ a: { body: '"fail"' } }))

  await expect(worker(sqsEvent({ b: { body: '1' } }))).resolves.toEqual(failed())
})

test.each([
  { receives: 1, seconds: 5 },
  { receives: 2, seconds: 60 },
  { receives: 3, seconds: 300 },
  { receives: 4, seconds: 900 },
  { receives: 5, seconds: 3600 },
  { receives: 9, seconds: 3600 },
])('hides a message that failed $receives times for $seconds s', async ({ receives, seconds }) => {
  const { worker, hidden } = startWorker()

  await worker(sqsEvent({ a: { body: '"fail"', receives }, b: { body: '1', receives } }))

  expect(hidden).toEqual({ 'receipt of a': seconds })
})

test('gives a message up after its last try, and lets it go to the DLQ at once', async () => {
  const given: unknown[] = []
  const hidden: number[] = []
  const worker = createQueueWorker({
    queueUrl: 'https://sqs.example/scan',
    retryDelays: stepRetryDelays,
    handleMessage: () => Promise.reject(new Error('not today')),
    giveUp: async (body, error) => {
      given.push([body, (error as Error).message])
      throw new Error('the database is away too')
    },
    queue: { hide: async (_, seconds) => void hidden.push(seconds) },
  })

  for (const receives of [1, 2, 3, 4]) {
    expect(await worker(sqsEvent({ a: { body: '{"n":1}', receives } }))).toEqual(failed('a'))
  }

  expect(hidden).toEqual([60, 300, 900, 0])
  expect(given).toEqual([[{ n: 1 }, 'not today']])
})

test('reports a body that is not JSON, and lets it come back at once to reach the DLQ', async () => {
  const { worker, handled, hidden } = startWorker()

  await expect(
    worker(sqsEvent({ a: { body: '{"n":' }, b: { body: '' }, c: { body: '1' } })),
  ).resolves.toEqual(failed('a', 'b'))
  expect(handled).toEqual([1])
  expect(hidden).toEqual({ 'receipt of a': 0, 'receipt of b': 0 })
})

test('reports a failed message also when its delay cannot be set', async () => {
  const { worker } = startWorker(async () => {
    throw new Error('SQS is down')
  })

  await expect(worker(sqsEvent({ a: { body: '"fail"' } }))).resolves.toEqual(failed('a'))
})
