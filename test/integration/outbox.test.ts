import { randomUUID } from 'node:crypto'
import type { JobQueue, QueueMessage } from '../../lib/aws/job-queue.ts'
import { connect, type Sql } from '../../lib/db/client.ts'
import { eventMessage } from '../../lib/events.ts'
import { addToOutbox, createOutboxRelay } from '../../lib/outbox.ts'
import { useDatabase } from '../support/database.ts'

const { sql, settings } = useDatabase()
const start = new Date('2026-03-01T12:00:00Z')
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000)

beforeEach(() => sql`truncate outbox`)

/** A queue that keeps what it accepts; `onSend` may fail or wait. */
function fakeQueue(onSend: (messages: readonly QueueMessage[]) => Promise<void> | void = () => {}) {
  const sent: QueueMessage[] = []
  const queue: Pick<JobQueue, 'send'> = {
    async send(messages) {
      await onSend(messages)
      sent.push(...messages)
      return messages.map(({ id }) => id)
    },
  }
  return { queue, sent }
}

async function addEvents(count: number): Promise<string[]> {
  for (let index = 0; index < count; index++) {
    await sql.begin((tx) => addToOutbox(tx, 'mail.verify_email', { user_id: randomUUID() }))
  }
  const rows = await sql`select id from outbox order by id`
  return rows.map((row) => row.id)
}

test('sends what was committed, as an event message, and forgets it', async () => {
  const { queue, sent } = fakeQueue()
  const user_id = randomUUID()
  await sql.begin((tx) => addToOutbox(tx, 'mail.verify_email', { user_id }, 'request-1'))

  await expect(createOutboxRelay({ sql, queue }).flush()).resolves.toBe(1)

  const message = eventMessage.parse(JSON.parse(sent[0]!.body))
  expect(message).toMatchObject({
    id: sent[0]!.id,
    type: 'mail.verify_email',
    payload: { user_id },
    request_id: 'request-1',
  })
  await expect(sql`select id from outbox`).resolves.toEqual([])
})

test('sends nothing of a transaction that was rolled back', async () => {
  const { queue, sent } = fakeQueue()
  const failing = sql.begin(async (tx) => {
    await addToOutbox(tx, 'mail.verify_email', { user_id: randomUUID() })
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')

  await expect(createOutboxRelay({ sql, queue }).flush()).resolves.toBe(0)
  expect(sent).toEqual([])
})

test('sends in the order of the events, ten at a time', async () => {
  const { queue, sent } = fakeQueue()
  const ids = await addEvents(12)
  const relay = createOutboxRelay({ sql, queue })

  expect([await relay.flush(), await relay.flush(), await relay.flush()]).toEqual([10, 2, 0])

  expect(sent.map(({ id }) => id)).toEqual(ids)
})

test('a crash between sending and deleting sends the event again, with the same id, once the claim is over', async () => {
  const { queue, sent } = fakeQueue()
  const [id] = await addEvents(1)
  const dying = connect(settings)
  const crashing: Pick<JobQueue, 'send'> = {
    async send(messages) {
      const accepted = await queue.send(messages)
      await dying.end({ timeout: 0 })
      return accepted
    },
  }
  await expect(createOutboxRelay({ sql: dying, queue: crashing, now: () => start }).flush()).rejects.toThrow()

  const flushAt = (seconds: number) => createOutboxRelay({ sql, queue, now: () => after(seconds) }).flush()
  await expect(flushAt(29)).resolves.toBe(0)
  await expect(flushAt(31)).resolves.toBe(1)
  await expect(flushAt(90)).resolves.toBe(0)

  expect(sent.map((message) => message.id)).toEqual([id, id])
})

test('relays at work at once never take the same row', async () => {
  const ids = await addEvents(60)
  const { queue, sent } = fakeQueue(() => new Promise((resolve) => setTimeout(resolve, 2)))
  const connections: Sql[] = Array.from({ length: 4 }, () => connect(settings))

  await Promise.all(
    connections.map(async (connection) => {
      const relay = createOutboxRelay({ sql: connection, queue })
      while ((await relay.flush()) > 0);
      await connection.end()
    }),
  )

  expect(sent.map(({ id }) => id).toSorted()).toEqual(ids)
})

test('keeps the rows that the queue refused, and sends them when their claim is over', async () => {
  const ids = await addEvents(3)
  const picky: Pick<JobQueue, 'send'> = {
    send: async (messages) => messages.map(({ id }) => id).filter((id) => id !== ids[1]),
  }
  await expect(createOutboxRelay({ sql, queue: picky, now: () => start }).flush()).resolves.toBe(3)
  await expect(sql`select id from outbox`).resolves.toEqual([{ id: ids[1] }])

  const { queue, sent } = fakeQueue()
  await createOutboxRelay({ sql, queue, now: () => after(31) }).flush()
  expect(sent.map(({ id }) => id)).toEqual([ids[1]])
})

describe('after the commit of a request', () => {
  test('a queue that is down fails nothing, and the event is left to the sweep', async () => {
    const [id] = await addEvents(1)
    const { queue } = fakeQueue(() => {
      throw new Error('SQS is down')
    })

    await expect(createOutboxRelay({ sql, queue }).flushSoon()).resolves.toBeUndefined()

    await expect(sql`select id from outbox`).resolves.toEqual([{ id }])
  })

  test('a queue that hangs is given two seconds', async () => {
    await addEvents(1)
    const hanging: Pick<JobQueue, 'send'> = {
      send: (_messages, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    }

    await expect(createOutboxRelay({ sql, queue: hanging }).flushSoon()).resolves.toBeUndefined()
    await expect(sql`select count(*) from outbox`).resolves.toEqual([{ count: 1 }])
  })
})
