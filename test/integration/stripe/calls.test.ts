import { randomUUID } from 'node:crypto'
import type { QueueMessage } from '../../../lib/aws/job-queue.ts'
import { unavailable } from '../../../lib/errors.ts'
import { createCallRunner } from '../../../lib/stripe/call-runner.ts'
import { type CallHandler, type CallHandlers, requestCall } from '../../../lib/stripe/calls.ts'
import { SpentKeyError, StripeRefusal } from '../../../lib/stripe/errors.ts'
import { createStripeSweep } from '../../../lib/stripe/sweep.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { captureLog } from '../../support/log.ts'

const database = useDatabase()
const { sql } = database
const open = useConnections(database)

const handlersOf = (handle: CallHandler): CallHandlers => ({
  refund: handle,
  cancel_intent: handle,
  transfer: handle,
  payout: handle,
  stage_evidence: handle,
  submit_evidence: handle,
})

async function request(subjectId: string, now: Date) {
  await sql.begin((tx) => requestCall(tx, 'transfer', subjectId, now))
  const [call] = await sql<[{ id: string }]>`
    select id from stripe_calls where subject_id = ${subjectId} order by attempt desc limit 1
  `
  return call.id
}

const callOf = async (id: string) => {
  const [call] = await sql<[{ status: string; tries: number; result_id: string; failed_reason: string }]>`
    select status, tries, result_id, failed_reason, idempotency_key, due_at from stripe_calls where id = ${id}
  `
  return call
}

/** The calls that the worker is to look at. */
async function sweep(now: Date): Promise<string[]> {
  const sent: string[] = []
  const stripeQueue = {
    send: async (messages: readonly QueueMessage[]) => {
      sent.push(...messages.map(({ body }) => JSON.parse(body).call_id))
      return messages.map((message) => message.id)
    },
  }
  await createStripeSweep({ sql, stripeQueue }).calls(now)
  return sent
}

/** Runs it whenever it is due, as the sweep would, for a day. */
async function runUntilOver(id: string, clock: ReturnType<typeof createClock>, handle: CallHandler) {
  const run = createCallRunner({ sql, handlers: handlersOf(handle), now: clock.now })
  for (let minute = 0; minute < 24 * 60; minute++) {
    if ((await sweep(clock.now())).includes(id)) await run(id)
    clock.advance(60)
  }
}

test('is written down in the transaction that asks for it, with an event that brings it about', async () => {
  const subject = randomUUID()
  const rolledBack = sql.begin(async (tx) => {
    await requestCall(tx, 'refund', subject, new Date())
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  expect(await sql`select from stripe_calls where subject_id = ${subject}`).toHaveLength(0)

  const id = await request(subject, new Date())

  expect(await callOf(id)).toMatchObject({
    status: 'due',
    tries: 0,
    idempotency_key: `transfer:${subject}:1`,
  })
  expect(
    await sql`select from outbox where type = 'stripe.call' and payload ->> 'call_id' = ${id}`,
  ).toHaveLength(1)
})

test('is there once while it is due, and has another key when it is asked for again', async () => {
  const subject = randomUUID()
  const first = await request(subject, new Date())
  expect(await request(subject, new Date())).toBe(first)
  await createCallRunner({ sql, handlers: handlersOf(async () => ({ result_id: 'tr_1' })) })(first)

  const second = await request(subject, new Date())

  expect(await callOf(first)).toMatchObject({ status: 'done', result_id: 'tr_1' })
  expect(await callOf(second)).toMatchObject({ status: 'due', idempotency_key: `transfer:${subject}:2` })
})

test('is made by one of many deliveries', async () => {
  const id = await request(randomUUID(), new Date())
  const connections = await open(10)
  let made = 0
  const handlers = handlersOf(async () => {
    made++
    return { result_id: 'tr_2' }
  })

  await Promise.all(connections.map((connection) => createCallRunner({ sql: connection, handlers })(id)))

  expect(made).toBe(1)
  expect(await callOf(id)).toMatchObject({ status: 'done', tries: 1 })
})

test('keeps its key where Stripe did not answer, for it may have done the work', async () => {
  const clock = createClock()
  const keys: string[] = []
  const id = await request(randomUUID(), clock.now())

  await runUntilOver(id, clock, async (_, key) => {
    keys.push(key)
    if (keys.length < 4) throw unavailable(new Error('timeout'))
    return { result_id: 'tr_3' }
  })

  expect(new Set(keys).size).toBe(1)
  expect(await callOf(id)).toMatchObject({ status: 'done', result_id: 'tr_3', tries: 4, failed_reason: null })
})

test.each([
  { name: 'a refusal', error: new StripeRefusal('balance_insufficient') },
  { name: 'a failure that is only repeated', error: new SpentKeyError() },
])('takes a new key after $name', async ({ error }) => {
  const clock = createClock()
  const subject = randomUUID()
  const keys: string[] = []
  const id = await request(subject, clock.now())

  await runUntilOver(id, clock, async (_, key) => {
    keys.push(key)
    if (keys.length < 3) throw error
    return { result_id: 'tr_4' }
  })

  expect(keys).toEqual([1, 2, 3].map((attempt) => `transfer:${subject}:${attempt}`))
})

test('waits 1, 5, 15 minutes and then an hour, and is given up with the metric after the eighth try', async () => {
  const clock = createClock()
  const start = clock.now().getTime()
  const tried: number[] = []
  const id = await request(randomUUID(), clock.now())

  const fail = () => {
    tried.push((clock.now().getTime() - start) / 60_000)
    return Promise.reject(unavailable(new Error('timeout')))
  }
  const { log } = await captureLog(() => runUntilOver(id, clock, fail))

  expect(tried).toEqual([0, 1, 6, 21, 81, 141, 201, 261])
  expect(await callOf(id)).toMatchObject({ status: 'failed', tries: 8 })
  expect(log.filter((line) => line.stripe_calls_failed === 1)).toMatchObject([
    { _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'stripe_calls_failed', Unit: 'Count' }] }] } },
  ])
})

test('comes back by itself where the worker was killed', async () => {
  const clock = createClock()
  const id = await request(randomUUID(), clock.now())
  const [killed] = await open(1)
  const never = new Promise<never>(() => {})
  const started = new Promise<void>((resolve) => {
    const handlers = handlersOf(() => {
      resolve()
      return never
    })
    void createCallRunner({ sql: killed!, handlers, now: clock.now })(id)
  })
  await started
  clock.advance(61)

  expect(await sweep(clock.now())).toContain(id)
  await createCallRunner({ sql, handlers: handlersOf(async () => ({ result_id: 'tr_5' })), now: clock.now })(
    id,
  )

  expect(await callOf(id)).toMatchObject({ status: 'done', result_id: 'tr_5', tries: 2 })
})
