import { randomUUID } from 'node:crypto'
import { webhookRoutes } from '../../../functions/webhooks/routes.ts'
import { until } from '../../../infra/local/client.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { personalData } from '../../../lib/exports/personal-data.ts'
import { describeEvent, publicEventTypes } from '../../../lib/public-events/catalogue.ts'
import { insertPublicEvent } from '../../../lib/public-events/insert.ts'
import { dayMs, hourMs, later } from '../../../lib/time.ts'
import type { Concerning } from '../../../lib/webhooks/deliveries/dispatch.ts'
import { fanOut } from '../../../lib/webhooks/deliveries/fan-out.ts'
import { useDatabase } from '../../support/database.ts'
import { seedPerson } from '../../support/social.ts'
import { createOwning, createWebhooksApi } from '../../support/webhooks.ts'

const { sql } = useDatabase()
let time = new Date()
const nil = '00000000-0000-0000-0000-000000000000'
const sent: string[] = []
const dispatcher = {
  dispatchSoon: async ({ endpoint_ids = [] }: Concerning = {}) => {
    sent.push(...endpoint_ids)
  },
}
const api = createWebhooksApi(sql, { now: () => time, dispatcher })
const { create, read, change, test: sendTest, recover, deliveries, delivery, resend } = createOwning(api)

beforeEach(() => {
  time = new Date()
  sent.length = 0
})

async function setUp(body: object = {}) {
  const owner = await seedPerson(sql)
  const { body: made } = await create(owner, body)
  return { owner, id: made.id }
}

/** Has an endpoint wait for an event, without a test of it. */
async function addEvent(owner: Actor, resource_id: string = randomUUID()) {
  const endpoint = { id: resource_id, url: 'https://hooks.example.com/', description: '' }
  await sql.begin(async (tx) => {
    const event = await insertPublicEvent(tx, {
      account_id: owner.id,
      source_id: randomUUID(),
      type: 'webhook.test',
      resource_id,
      data: { endpoint },
      request_id: null,
      created_at: time,
    })
    await fanOut(tx, [event!], time)
  })
}

async function addAttempt(
  deliveryId: string,
  number: number,
  status_code: number | null,
  error: string | null,
) {
  await sql`
    insert into webhook_attempts (delivery_id, number, at, duration_ms, status_code, error, response_body)
    values (${deliveryId}, ${number}, ${time}, 120, ${status_code}, ${error}, ${status_code && 'Never mind'})
  `
}

const end = (deliveryId: string, status: 'succeeded' | 'failed') =>
  sql`
    update webhook_deliveries set status = ${status}, next_attempt_at = null, ended_at = ${time} where id = ${deliveryId}
  `

describe('a test', () => {
  test('is sent to the one endpoint, whatever that takes, and to no other', async () => {
    const { owner, id } = await setUp({ event_types: ['order.paid'], filter: { none: { exists: true } } })
    const other = (await create(owner)).body.id

    const { status, body } = await sendTest(owner, id)

    expect([status, body]).toEqual([
      202,
      { delivery_id: expect.any(String), event_id: expect.any(String), event_type: 'webhook.test' },
    ])
    expect(sent).toEqual([id])
    expect((await deliveries(owner, id)).body.data).toEqual([
      {
        id: body.delivery_id,
        endpoint_id: id,
        event_id: body.event_id,
        event_type: 'webhook.test',
        is_test: true,
        status: 'pending',
        attempt_count: 0,
        attempts: [],
        next_attempt_at: time.toISOString(),
        created_at: time.toISOString(),
        ended_at: null,
      },
    ])
    expect((await deliveries(owner, other)).body.data).toEqual([])
  })

  test('is no event that is read or exported', async () => {
    const { owner, id } = await setUp()
    const { event_id } = (await sendTest(owner, id)).body
    await addEvent(owner)

    const read = await until('the event to be listed', async () => {
      const { data } = (await api(webhookRoutes.listEvents, owner)).body
      return data.length > 0 ? data : undefined
    })

    expect(read.map((event) => event.id)).not.toContain(event_id)
    const place = { user_id: owner.id, after: nil, limit: 10 }
    const exported = await personalData['events.json']!(sql, place)
    expect(exported.map((event) => event.id)).toEqual(read.map((event) => event.id))
  })

  test.each(publicEventTypes)('sends the example of %s', async (event_type) => {
    const { owner, id } = await setUp()

    const { status, body } = await sendTest(owner, id, { event_type })

    expect(status).toBe(202)
    const [event] = await sql`select type, data, resource_id from public_events where id = ${body.event_id}`
    expect(event).toEqual({
      type: event_type,
      data: JSON.parse(JSON.stringify(describeEvent(event_type).example)),
      resource_id: id,
    })
  })

  test('is refused of an unknown type, of what is disabled, and to others', async () => {
    const { owner, id } = await setUp()
    const { status, problem } = await sendTest(owner, id, { event_type: 'order.eaten' })
    expect([status, problem.errors]).toMatchObject([
      422,
      [{ pointer: '#/body/event_type', code: 'unknown_event_type' }],
    ])
    expect((await sendTest(await seedPerson(sql), id)).status).toBe(404)
    await change(owner, id, { status: 'disabled' })
    expect((await sendTest(owner, id)).problem.code).toBe('endpoint_disabled')
    expect(await sql`select from public_events where account_id = ${owner.id} and is_test`).toHaveLength(0)
    expect(sent).toEqual([])
  })
})

describe('deliveries', () => {
  test('are listed newest first, page by page, with their attempts', async () => {
    const { owner, id } = await setUp()
    for (let n = 0; n < 5; n += 1) await addEvent(owner)
    const { body: all } = await deliveries(owner, id)
    await addAttempt(all.data[0]!.id, 2, null, 'timeout')
    await addAttempt(all.data[0]!.id, 1, 500, 'status')

    const first = (await deliveries(owner, id, { limit: 3 })).body
    const second = (await deliveries(owner, id, { limit: 3, cursor: first.next_cursor! })).body

    expect(first.data[0]!.attempts).toEqual([
      { number: 1, at: time.toISOString(), duration_ms: 120, status_code: 500, error: 'status' },
      { number: 2, at: time.toISOString(), duration_ms: 120, status_code: null, error: 'timeout' },
    ])
    expect([...first.data, ...second.data].map((one) => one.id)).toEqual(all.data.map((one) => one.id))
    expect([first.has_more, second.has_more]).toEqual([true, false])
    const { data } = all
    expect(data.map((one) => one.id)).toEqual(
      data
        .map((one) => one.id)
        .toSorted()
        .toReversed(),
    )
    const elsewhere = await deliveries(owner, id, { limit: 3, cursor: first.next_cursor!, status: 'failed' })
    expect(elsewhere.problem.code).toBe('invalid_request')
  })

  test('are found by their state, their type and their time', async () => {
    const { owner, id } = await setUp()
    const began = time
    const made: string[] = []
    for (const type of ['webhook.test', 'order.paid', 'order.refunded']) {
      made.push((await sendTest(owner, id, { event_type: type })).body.delivery_id)
      time = later(time, hourMs)
    }
    await end(made[0]!, 'failed')
    await end(made[1]!, 'succeeded')
    const find = async (query: Record<string, string>) =>
      (await deliveries(owner, id, query)).body.data.map((one) => made.indexOf(one.id))

    expect(await find({})).toEqual([2, 1, 0])
    expect(await find({ status: 'failed' })).toEqual([0])
    expect(await find({ status: 'succeeded' })).toEqual([1])
    expect(await find({ status: 'pending' })).toEqual([2])
    expect(await find({ event_type: 'order.paid' })).toEqual([1])
    expect(await find({ event_type: 'order.eaten' })).toEqual([])
    expect(await find({ from: later(began, hourMs).toISOString() })).toEqual([2, 1])
    expect(await find({ to: later(began, hourMs).toISOString() })).toEqual([0])
    expect(
      await find({ from: later(began, 1).toISOString(), to: later(began, 2 * hourMs).toISOString() }),
    ).toEqual([1])
    expect((await deliveries(owner, id, { status: 'lost' })).status).toBe(422)
    expect((await deliveries(owner, id, { from: 'yesterday' })).status).toBe(422)
  })

  test('tell each attempt with the beginning of its answer, to the owner alone', async () => {
    const { owner, id } = await setUp()
    const { delivery_id } = (await sendTest(owner, id)).body
    await addAttempt(delivery_id, 1, 503, 'status')
    await addAttempt(delivery_id, 2, null, 'connect_failed')

    const { status, body } = await delivery(owner, delivery_id)

    expect([status, body]).toMatchObject([200, { id: delivery_id, endpoint_id: id, is_test: true }])
    expect(body.attempts).toEqual([
      {
        number: 1,
        at: time.toISOString(),
        duration_ms: 120,
        status_code: 503,
        error: 'status',
        response_body: 'Never mind',
      },
      {
        number: 2,
        at: time.toISOString(),
        duration_ms: 120,
        status_code: null,
        error: 'connect_failed',
        response_body: null,
      },
    ])
    const stranger = await seedPerson(sql)
    expect((await delivery(stranger, delivery_id)).status).toBe(404)
    expect((await deliveries(stranger, id)).status).toBe(404)
    expect((await delivery(owner, randomUUID())).status).toBe(404)
    expect((await delivery(owner, 'none')).status).toBe(404)
  })
})

describe('sending again', () => {
  test.each(['succeeded', 'failed'] as const)('makes what has %s due, with the id it had', async (status) => {
    const { owner, id } = await setUp()
    const { delivery_id, event_id } = (await sendTest(owner, id)).body
    await end(delivery_id, status)
    time = later(time, hourMs)
    sent.length = 0

    const answer = await resend(owner, delivery_id)

    expect([answer.status, answer.body]).toMatchObject([
      202,
      { id: delivery_id, event_id, status: 'pending', next_attempt_at: time.toISOString(), ended_at: null },
    ])
    expect(sent).toEqual([id])
  })

  test('is refused while the endpoint is disabled, and to others', async () => {
    const { owner, id } = await setUp()
    const { delivery_id } = (await sendTest(owner, id)).body
    sent.length = 0
    expect((await resend(await seedPerson(sql), delivery_id)).status).toBe(404)
    expect((await resend(owner, randomUUID())).status).toBe(404)
    await change(owner, id, { status: 'disabled' })

    expect((await resend(owner, delivery_id)).problem.code).toBe('endpoint_disabled')

    expect((await delivery(owner, delivery_id)).body.status).toBe('failed')
    expect(sent).toEqual([])
  })
})

describe('a recovery', () => {
  test('is asked for since a time, and seen at its endpoint', async () => {
    const { owner, id } = await setUp()
    const since = later(time, -30 * dayMs).toISOString()

    const { status, body } = await recover(owner, id, { since })

    const recovery = {
      since,
      until: time.toISOString(),
      status: 'running',
      recovered_count: 0,
      created_at: time.toISOString(),
      ended_at: null,
    }
    expect([status, body.recovery]).toEqual([202, recovery])
    expect((await read(owner, id)).body.recovery).toEqual(recovery)
  })

  test('is one at a time, however many are asked for at once', async () => {
    const { owner, id } = await setUp()
    const since = later(time, -dayMs).toISOString()

    const answers = await Promise.all([1, 2, 3].map(() => recover(owner, id, { since })))

    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409])
    expect(answers.find(({ status }) => status === 409)!.problem.code).toBe('recovery_in_progress')
    await sql`update webhook_recoveries set status = 'done', ended_at = now() where endpoint_id = ${id}`
    expect((await recover(owner, id, { since })).status).toBe(202)
  })

  test('goes back thirty days, not ahead, and to no endpoint that is disabled or another’s', async () => {
    const { owner, id } = await setUp()
    const codeOf = async (ms: number) =>
      (await recover(owner, id, { since: later(time, ms).toISOString() })).problem.errors?.[0]?.code
    expect(await codeOf(-30 * dayMs - 1)).toBe('too_small')
    expect(await codeOf(1)).toBe('too_big')
    expect((await recover(owner, id, {})).status).toBe(422)
    const since = later(time, -dayMs).toISOString()
    expect((await recover(await seedPerson(sql), id, { since })).status).toBe(404)
    await change(owner, id, { status: 'disabled' })
    expect((await recover(owner, id, { since })).problem.code).toBe('endpoint_disabled')
    expect((await read(owner, id)).body.recovery).toBeNull()
  })
})
