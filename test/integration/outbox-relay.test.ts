import { randomUUID } from 'node:crypto'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { addToOutbox, createOutboxRelay } from '../../lib/outbox.ts'
import { useDatabase } from '../support/database.ts'
import { environmentOf } from '../support/server.ts'

const { sql, url } = useDatabase()
const sqs = mockClient(SQSClient)

Object.assign(process.env, {
  ...environmentOf(url),
  EVENTS_QUEUE_URL: 'https://sqs.example/events',
})
const { handler } = await import('../../functions/outbox-relay/handler.ts')
const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms })

beforeEach(async () => {
  await sql`truncate outbox`
  sqs.reset()
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries }) => ({ Successful: Entries }))
})

afterAll(() => sqs.restore())

async function addEvents(count: number) {
  await sql.begin(async (tx) => {
    for (let index = 0; index < count; index++) {
      await addToOutbox(tx, 'mail.verify_email', { user_id: randomUUID() })
    }
  })
}

test('sends everything that waits', async () => {
  await addEvents(25)

  await expect(handler({}, withTime(50_000))).resolves.toMatchObject({ relayed: 25 })

  const calls = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input)
  expect(calls.map(({ QueueUrl, Entries }) => [QueueUrl, Entries?.length])).toEqual([
    ['https://sqs.example/events', 10],
    ['https://sqs.example/events', 10],
    ['https://sqs.example/events', 5],
  ])
  await expect(sql`select count(*) from outbox`).resolves.toEqual([{ count: 0 }])
})

test('stops ten seconds before its time is over', async () => {
  await addEvents(25)
  let left = 12_000
  const context = { getRemainingTimeInMillis: () => (left -= 1_000) }

  await expect(handler({}, context)).resolves.toMatchObject({ relayed: 10 })
  await expect(sql`select count(*) from outbox`).resolves.toEqual([{ count: 15 }])
})

test('fails where it can be seen when the queue is down, and keeps the events', async () => {
  await addEvents(1)
  sqs.on(SendMessageBatchCommand).rejects(new Error('SQS is down'))

  await expect(handler({}, withTime(50_000))).rejects.toThrow('SQS is down')
  await expect(sql`select count(*) from outbox`).resolves.toEqual([{ count: 1 }])
})

test('a request sends its own event first, however many of others wait', async () => {
  await addEvents(25)
  const user_id = randomUUID()
  await addToOutbox(sql, 'mail.verify_email', { user_id })
  const sent: string[] = []
  const queue = {
    send: async (messages: readonly { id: string; body: string }[]) => {
      sent.push(...messages.map(({ body }) => body))
      return messages.map(({ id }) => id)
    },
  }

  await createOutboxRelay({ sql, queue }).flushSoon()

  expect(sent).toHaveLength(10)
  expect(sent.at(-1)).toContain(user_id)
  await expect(sql`select count(*) from outbox`).resolves.toEqual([{ count: 16 }])
})
