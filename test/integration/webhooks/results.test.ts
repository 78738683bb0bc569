import { hourMs, later, minuteMs } from '../../../lib/time.ts'
import { resend } from '../../../lib/webhooks/deliveries/attempt-now.ts'
import { useDatabase } from '../../support/database.ts'
import {
  type Answer,
  createWebhookDesk,
  deskStart,
  hangs,
  refuses,
  succeeds,
} from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)
beforeEach(() => desk.clear())

async function sendOne(fields: Record<string, unknown> = {}) {
  const account = await desk.addAccount()
  const endpoint = await desk.addEndpoint(account, fields)
  const [event] = await desk.publish(account)
  await desk.dispatchAll()
  const [handed] = desk.takeHanded()
  return { account, endpoint, event: event!, handed: handed! }
}

async function delivery() {
  const [row] = await sql`
    select status, attempt_count, tries, next_attempt_at, ended_at, claimed_until > '-infinity' as is_claimed, lost_claims
    from webhook_deliveries
  `
  return row!
}
const attempts = () => sql`
  select number, at, duration_ms, status_code, error, response_body from webhook_attempts order by number
`
const endpoint = async () => (await sql`select * from webhook_endpoints`)[0]!
const outbox = () => sql`select type, payload from outbox order by id`

test('keeps what the receiver answered, and is done', async () => {
  const { handed } = await sendOne()
  desk.pass(200)
  await desk.answer(handed, { ...succeeds, response_body: 'thanks' })
  expect(await delivery()).toMatchObject({
    status: 'succeeded',
    attempt_count: 1,
    next_attempt_at: null,
    ended_at: later(deskStart, 200),
    is_claimed: false,
  })
  expect(await attempts()).toEqual([
    { number: 1, at: deskStart, duration_ms: 100, status_code: 200, error: null, response_body: 'thanks' },
  ])
  expect(await endpoint()).toMatchObject({ last_success_at: deskStart, failures_in_row: 0 })
  await desk.dispatchAll()
  expect(desk.handed).toEqual([])
})

test.each<[string, Answer, number]>([
  ['refuses', refuses, 5_100],
  ['does not answer in time', hangs, 81_000],
  ['asks for time', { status_code: 503, error: 'status', retry_after_seconds: 7 }, 7_800],
  ['asks for more than there is', { status_code: 503, error: 'status', retry_after_seconds: 86_400 }, 10_100],
  ['has too much to do', { status_code: 429, error: 'status' }, 66_100],
  [
    'has too much to do, and says for how long',
    { status_code: 429, error: 'status', retry_after_seconds: 90 },
    99_100,
  ],
])('tries again when the receiver %s', async (_, answer, expectedMs) => {
  const { handed } = await sendOne()
  desk.pass(minuteMs)
  await desk.answer(handed, answer)
  expect(await delivery()).toMatchObject({
    status: 'pending',
    attempt_count: 1,
    tries: 1,
    next_attempt_at: later(deskStart, expectedMs),
    is_claimed: false,
  })
})

test('a receiver that is gone is disabled at once, and its owner told', async () => {
  const {
    handed,
    endpoint: { id },
  } = await sendOne()
  await desk.answer(handed, { status_code: 410, error: 'status' })
  expect(await delivery()).toMatchObject({ status: 'failed', tries: 1, next_attempt_at: null })
  expect(await endpoint()).toMatchObject({
    status: 'disabled',
    disabled_reason: 'gone',
    disabled_at: deskStart,
  })
  expect(await outbox()).toEqual([
    {
      type: 'webhook.trouble',
      payload: { endpoint_id: id, trouble: 'gone', delivery_id: handed.delivery_id },
    },
  ])
})

test('a result counts once, and a success that the same message had as well is what counts', async () => {
  const { handed } = await sendOne()
  await desk.answer(handed, refuses)
  await desk.answer(handed, refuses)
  expect(await delivery()).toMatchObject({ status: 'pending', attempt_count: 1, tries: 1 })
  await desk.answer(handed, succeeds)
  await desk.answer(handed, refuses)
  expect(await delivery()).toMatchObject({ status: 'succeeded', attempt_count: 1, tries: 1 })
  expect(await attempts()).toMatchObject([{ number: 1, status_code: 200 }])
  expect(await endpoint()).toMatchObject({ failures_in_row: 0, first_failure_at: null })
})

test('a result of a delivery that is gone is nothing', async () => {
  const { handed } = await sendOne()
  await sql`delete from webhook_deliveries`
  await expect(desk.answer(handed, succeeds)).resolves.toBeUndefined()
  expect(await attempts()).toEqual([])
})

test('what is resent while the sender has it in hand is not sent beside itself', async () => {
  const { handed } = await sendOne()
  await sql.begin((tx) => resend(tx, handed.delivery_id, desk.now()))
  await desk.dispatchAll()
  expect(desk.handed).toEqual([])
  await desk.answer(handed, refuses)
  await desk.dispatchAll()
  expect(desk.handed).toMatchObject([{ attempt: 2, delay_seconds: 5 }])
})

test('an endpoint that fails has one message under way, and many again once it answers', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account)
  await desk.publish(account, 30)
  await desk.dispatchAll()
  expect(desk.handed).toHaveLength(10)
  const [first, ...others] = desk.takeHanded()
  for (const one of others) await desk.answer(one, hangs)
  await desk.dispatchAll()
  expect(desk.handed).toEqual([])
  await desk.answer(first!, hangs)
  desk.pass(minuteMs / 2)
  await desk.dispatchAll()
  expect(desk.handed).toHaveLength(1)
  const [probe] = desk.takeHanded()
  desk.pass(1_000)
  await desk.answer(probe!, succeeds)
  expect(await endpoint()).toMatchObject({ id, failures_in_row: 0 })
  await desk.dispatchAll()
  expect(desk.handed).toHaveLength(10)
})

test('the last retry that fails is told of, once an hour, and not to the endpoint itself', async () => {
  const {
    account,
    endpoint: { id },
    handed,
  } = await sendOne()
  await sql`update webhook_deliveries set tries = 9`
  await desk.answer(handed, refuses)
  expect(await delivery()).toMatchObject({ status: 'failed', tries: 10, ended_at: deskStart })
  const told = {
    type: 'webhook.trouble',
    payload: { endpoint_id: id, trouble: 'exhausted', delivery_id: handed.delivery_id },
  }
  expect(await outbox()).toEqual([told])

  const failAnother = async () => {
    await desk.publish(account)
    await desk.dispatchAll()
    const [another] = desk.takeHanded()
    await sql`update webhook_deliveries set tries = 9 where id = ${another!.delivery_id}`
    await desk.answer(another!, refuses)
    return another!.delivery_id
  }
  desk.pass(hourMs - 1)
  await failAnother()
  expect(await outbox()).toEqual([told])
  desk.pass(1)
  const delivery_id = await failAnother()
  expect(await outbox()).toEqual([told, { ...told, payload: { ...told.payload, delivery_id } }])
})
