import { createHmac } from 'node:crypto'
import { webhookRoutes } from '../../../functions/marketplace/webhook-routes.ts'
import type { QueueMessage } from '../../../lib/aws/job-queue.ts'
import { markEventProcessed } from '../../../lib/stripe/events-repository.ts'
import type { CallOptions } from '../../support/api.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { captureLog } from '../../support/log.ts'
import { createMarketApi } from '../../support/market.ts'

const database = useDatabase()
const { sql } = database
const open = useConnections(database)

const secret = 'whsec_the_one_in_force'
const at = new Date('2026-12-01T12:00:00Z')
const inSeconds = (date: Date) => Math.floor(date.getTime() / 1_000)

let count = 0
const eventOf = (fields: object = {}) => ({
  id: `evt_${++count}`,
  object: 'event',
  type: 'payment_intent.succeeded',
  created: inSeconds(at) - 2,
  data: { object: { id: 'pi_1', object: 'payment_intent', client_secret: 'pi_1_secret_of_the_buyer' } },
  ...fields,
})

const v1 = (payload: string | Buffer, key = secret, time = inSeconds(at)) =>
  createHmac('sha256', key).update(`${time}.`).update(payload).digest('hex')
const signed = (payload: string | Buffer, key = secret, time = inSeconds(at)) =>
  `t=${time},v1=${v1(payload, key, time)}`

function prepare({ on = sql, secrets = [secret] }: { on?: typeof sql; secrets?: readonly string[] } = {}) {
  const sent: unknown[] = []
  let accepts = true
  const api = createMarketApi(on, {
    now: () => at,
    loadStripeSecret: async () => ({ secret_key: 'sk_test_1', webhook_secrets: secrets }),
    stripeQueue: {
      send: async (messages: readonly QueueMessage[]) => {
        if (!accepts) return []
        sent.push(...messages.map(({ body }) => JSON.parse(body)))
        return messages.map(({ id }) => id)
      },
    },
  })
  const deliver = (rawBody: string | Buffer, signature?: string, options: CallOptions = {}) =>
    api(webhookRoutes.receiveStripeEvent, undefined, {
      rawBody,
      headers: signature === undefined ? {} : { 'Stripe-Signature': signature },
      ...options,
    })
  return {
    sent,
    deliver,
    refuseMessages: (refuses: boolean) => {
      accepts = !refuses
    },
  }
}

const kept = (id: string) => sql`
  select type, object_id, account_id, created_at, received_at, processed_at from stripe_events where id = ${id}
`

test('keeps an event once, has the worker look, and answers 200', async () => {
  const { sent, deliver } = prepare()
  const event = eventOf({ account: 'acct_1' })
  const payload = JSON.stringify(event)

  const answer = await deliver(payload, signed(payload))

  expect(answer).toMatchObject({ status: 200, body: { received: true } })
  expect(await kept(event.id)).toEqual([
    {
      type: 'payment_intent.succeeded',
      object_id: 'pi_1',
      account_id: 'acct_1',
      created_at: new Date(at.getTime() - 2_000),
      received_at: at,
      processed_at: null,
    },
  ])
  expect(sent).toEqual([{ event_id: event.id }])
})

test('verifies the bytes, also when the gateway passes them on in base64 and however they are spaced', async () => {
  const { sent, deliver } = prepare()
  const event = eventOf({ description: 'Größe, 大きさ 🎵' })
  const payload = Buffer.from(`${JSON.stringify(event, null, 3)}\r\n`)

  const answer = await deliver(payload, signed(payload))

  expect(answer.status).toBe(200)
  expect(sent).toEqual([{ event_id: event.id }])
})

const good = JSON.stringify(eventOf())
const tampered = good.replace('pi_1', 'pi_2')
test.each([
  { name: 'no signature', payload: good, signature: undefined },
  { name: 'an empty one', payload: good, signature: '' },
  { name: 'one that is no signature', payload: good, signature: 'Bearer x' },
  { name: 'one without a time', payload: good, signature: `v1=${v1(good)}` },
  { name: 'one of another scheme', payload: good, signature: `t=${inSeconds(at)},v0=${v1(good)}` },
  { name: 'a changed byte', payload: tampered, signature: signed(good) },
  { name: 'a byte more', payload: `${good} `, signature: signed(good) },
  { name: 'nothing', payload: '', signature: signed('') },
  { name: 'another secret', payload: good, signature: signed(good, 'whsec_another') },
  { name: 'the time of another', payload: good, signature: `t=${inSeconds(at) + 1},v1=${v1(good)}` },
  { name: 'one of 301 seconds ago', payload: good, signature: signed(good, secret, inSeconds(at) - 301) },
  { name: 'what is signed but no event', payload: '{}', signature: signed('{}') },
  { name: 'what is signed but not JSON', payload: 'evt_1', signature: signed('evt_1') },
])('refuses $name with 400, says no more, and keeps nothing', async ({ payload, signature }) => {
  const { sent, deliver } = prepare()

  const answer = await deliver(payload, signature)

  expect(answer).toMatchObject({ status: 400, type: 'application/problem+json' })
  expect(answer.problem).toMatchObject({ code: 'invalid_request' })
  expect(answer.problem.detail).toBe(answer.problem.title)
  expect(sent).toEqual([])
  expect(await kept(JSON.parse(good).id)).toHaveLength(0)
})

test('takes one of 300 seconds ago', async () => {
  const { deliver } = prepare()
  const payload = JSON.stringify(eventOf())

  expect((await deliver(payload, signed(payload, secret, inSeconds(at) - 300))).status).toBe(200)
})

test('finds the right one of two signatures', async () => {
  const { deliver } = prepare()
  const payload = JSON.stringify(eventOf())
  const signature = `t=${inSeconds(at)},v1=${v1(payload, 'whsec_before')},v1=${v1(payload)}`

  expect((await deliver(payload, signature)).status).toBe(200)
})

test('takes either of two secrets while they are being changed, and no third', async () => {
  const { deliver } = prepare({ secrets: ['whsec_before', secret] })
  const payloads = [JSON.stringify(eventOf()), JSON.stringify(eventOf())] as const

  expect((await deliver(payloads[0], signed(payloads[0], 'whsec_before'))).status).toBe(200)
  expect((await deliver(payloads[1], signed(payloads[1]))).status).toBe(200)
  expect((await deliver(payloads[1], signed(payloads[1], 'whsec_after'))).status).toBe(400)
})

test('reads the secret anew where it does not fit any more', async () => {
  const ages: (number | undefined)[] = []
  const api = createMarketApi(sql, {
    now: () => at,
    loadStripeSecret: async (maxAgeMs) => {
      ages.push(maxAgeMs)
      return { secret_key: 'sk_test_1', webhook_secrets: [maxAgeMs === undefined ? 'whsec_before' : secret] }
    },
  })
  const payload = JSON.stringify(eventOf())

  const { status } = await api(webhookRoutes.receiveStripeEvent, undefined, {
    rawBody: payload,
    headers: { 'Stripe-Signature': signed(payload) },
  })

  expect(status).toBe(200)
  expect(ages).toEqual([undefined, 30_000])
})

test('keeps one of 20 deliveries at once', async () => {
  const connections = await open(20)
  const event = eventOf()
  const payload = JSON.stringify(event)

  const answers = await Promise.all(
    connections.map((on) => prepare({ on }).deliver(payload, signed(payload))),
  )

  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(await kept(event.id)).toHaveLength(1)
})

test('has the worker look again at what waits, and not at what is done', async () => {
  const { sent, deliver } = prepare()
  const event = eventOf()
  const payload = JSON.stringify(event)
  await deliver(payload, signed(payload))

  await deliver(payload, signed(payload))
  expect(sent).toHaveLength(2)

  await markEventProcessed(sql, event.id, at)
  expect((await deliver(payload, signed(payload))).status).toBe(200)
  expect(sent).toHaveLength(2)
})

test('fails where the queue does, so that Stripe sends it again', async () => {
  const { sent, deliver, refuseMessages } = prepare()
  const event = eventOf()
  const payload = JSON.stringify(event)
  refuseMessages(true)

  expect((await deliver(payload, signed(payload))).status).toBe(503)

  refuseMessages(false)
  expect((await deliver(payload, signed(payload))).status).toBe(200)
  expect(sent).toEqual([{ event_id: event.id }])
})

test('logs neither what was sent nor what it is signed with', async () => {
  const { deliver } = prepare()
  const payload = JSON.stringify(eventOf())

  const { log, text } = await captureLog(async () => {
    await deliver(payload, signed(payload))
    await deliver(payload, signed(payload, 'whsec_another'))
    await deliver(payload.replace('pi_1', 'pi_2'), signed(payload))
  })

  expect(log.length).toBeGreaterThanOrEqual(3)
  expect(text).not.toMatch(/secret_of_the_buyer|whsec|v1=|pi_1/)
})
