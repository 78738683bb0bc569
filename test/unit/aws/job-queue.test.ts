import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { createJobQueue } from '../../../lib/aws/job-queue.ts'

const sqs = mockClient(SQSClient)
const queueUrl = 'https://sqs.example/events'
const queue = createJobQueue(queueUrl)
const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `m${index}`, body: `body ${index}` }))

beforeEach(() => sqs.reset())
afterAll(() => sqs.restore())

test('sends in calls of at most ten', async () => {
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => ({ Successful: Entries }))

  const accepted = await queue.send(messages(23))

  const calls = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input)
  expect(calls.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 3])
  expect(calls[2]).toEqual({
    QueueUrl: queueUrl,
    Entries: [20, 21, 22].map((n) => ({ Id: `m${n}`, MessageBody: `body ${n}` })),
  })
  expect(accepted).toEqual(messages(23).map(({ id }) => id))
})

test('sends what is large in calls of at most a mebibyte', async () => {
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => ({ Successful: Entries }))
  const large = messages(5).map(({ id }) => ({ id, body: 'ä'.repeat(200_000) }))

  const accepted = await queue.send(large)

  const calls = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input)
  expect(calls.map(({ Entries }) => Entries?.length)).toEqual([2, 2, 1])
  expect(accepted).toEqual(large.map(({ id }) => id))
})

test('has the queue keep a message to itself for a while', async () => {
  sqs.on(SendMessageBatchCommand).resolves({})

  await queue.send([
    { id: 'm0', body: 'now' },
    { id: 'm1', body: 'later', delay_seconds: 5 },
  ])

  expect(sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.Entries).toEqual([
    { Id: 'm0', MessageBody: 'now' },
    { Id: 'm1', MessageBody: 'later', DelaySeconds: 5 },
  ])
})

test('tells which messages were accepted', async () => {
  sqs.on(SendMessageBatchCommand).resolves({
    Successful: [{ Id: 'm1', MessageId: 'x', MD5OfMessageBody: 'y' }],
    Failed: [{ Id: 'm0', Code: 'InternalError', SenderFault: false }],
  })

  await expect(queue.send(messages(2))).resolves.toEqual(['m1'])
})

test('calls nobody when there is nothing to send', async () => {
  await expect(queue.send([])).resolves.toEqual([])
  expect(sqs.calls()).toHaveLength(0)
})

test('passes the signal that ends the wait on', async () => {
  sqs.on(SendMessageBatchCommand).resolves({})
  const { signal } = new AbortController()

  await queue.send(messages(1), signal)

  expect(sqs.commandCalls(SendMessageBatchCommand)[0]?.args).toContainEqual({ abortSignal: signal })
})

test('hides a received message', async () => {
  sqs.on(ChangeMessageVisibilityCommand).resolves({})

  await queue.hide('receipt', 300)

  expect(sqs.commandCalls(ChangeMessageVisibilityCommand)[0]?.args[0].input).toEqual({
    QueueUrl: queueUrl,
    ReceiptHandle: 'receipt',
    VisibilityTimeout: 300,
  })
})
