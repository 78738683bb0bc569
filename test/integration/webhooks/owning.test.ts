import { createWebhookTasks } from '../../../lib/schedule/webhook-tasks.ts'
import { dayMs, hourMs, later, minuteMs } from '../../../lib/time.ts'
import { workRecoveries } from '../../../lib/webhooks/deliveries/recovery.ts'
import { useDatabase } from '../../support/database.ts'
import { seedPerson } from '../../support/social.ts'
import { createWebhookDesk, deskStart } from '../../support/webhook-desk.ts'
import { createOwning, createWebhooksApi, fieldCipher, fieldKeys } from '../../support/webhooks.ts'

/** What owners ask for by the routes, and what the sender is handed then. */
const { sql } = useDatabase()
const desk = createWebhookDesk(sql, { fieldCipher })
const api = createWebhooksApi(sql, { now: desk.now, dispatcher: desk.dispatcher })
const {
  create,
  change,
  remove,
  rotate,
  test: sendTest,
  recover,
  read,
  deliveries,
  resend,
} = createOwning(api)
beforeEach(() => desk.clear())

async function setUp(body: object = {}) {
  const owner = await seedPerson(sql)
  const { body: made } = await create(owner, body)
  return { owner, id: made.id, secret: made.secret }
}

const suspend = (userId: string, until: Date | null) => sql`
  update users set suspended_at = ${deskStart}, suspended_until = ${until} where id = ${userId}
`

test('a test goes out at once, with the headers and every secret that signs', async () => {
  const { owner, id, secret } = await setUp({ headers: { Authorization: 'Bearer abc' } })
  const { body: rotated } = await rotate(owner, id)

  const { body } = await sendTest(owner, id, { event_type: 'order.paid' })

  expect(desk.handed).toMatchObject([
    {
      delivery_id: body.delivery_id,
      event_id: body.event_id,
      attempt: 1,
      url: 'https://hooks.example.com/veza',
      headers: { authorization: 'Bearer abc' },
      secrets: [rotated.secret, secret],
    },
  ])
  expect(JSON.parse(desk.handed[0]!.body)).toMatchObject({ id: body.event_id, type: 'order.paid' })
})

test('what is changed holds for what is sent from then on', async () => {
  const { owner, id } = await setUp({ headers: { 'x-a': '1' }, event_types: ['order.paid'] })
  await desk.publish(owner.id)
  expect((await deliveries(owner, id)).body.data).toEqual([])

  const url = 'https://other.example.com/'
  await change(owner, id, { url, event_types: ['*'], headers: { 'x-b': '2' } })
  await desk.publish(owner.id)
  await desk.dispatchAll()

  expect(desk.handed).toMatchObject([{ url, headers: { 'x-b': '2' } }])
})

test('what is sent again is another attempt at the same event', async () => {
  const { owner, id } = await setUp()
  const [event] = await desk.publish(owner.id)
  await desk.dispatchAll()
  const [first] = desk.takeHanded()
  await desk.answer(first!, { status_code: 200 })
  const [delivery] = (await deliveries(owner, id)).body.data
  expect(delivery).toMatchObject({ status: 'succeeded', attempts: [{ number: 1, status_code: 200 }] })

  const again = await resend(owner, delivery!.id)

  expect([again.status, again.body.status]).toEqual([202, 'pending'])
  expect(desk.handed).toMatchObject([{ delivery_id: delivery!.id, event_id: event!.id, attempt: 2 }])
})

test('a recovery sends what was missed while disabled, what had waited, and no test', async () => {
  const { owner, id } = await setUp()
  const [waiting] = await desk.publish(owner.id)
  await sendTest(owner, id)
  desk.takeHanded()
  await change(owner, id, { status: 'disabled' })
  const [missed] = await desk.publish(owner.id)
  desk.pass(hourMs)
  await change(owner, id, { status: 'enabled' })
  await desk.dispatchAll()
  expect(desk.takeHanded()).toEqual([])

  expect((await recover(owner, id, { since: deskStart.toISOString() })).status).toBe(202)
  // Transactions of other tests end by and by.
  const deadline = Date.now() + 20_000
  while ((await read(owner, id)).body.recovery?.status === 'running' && Date.now() < deadline) {
    await workRecoveries(sql, desk.now())
  }
  desk.pass(15 * minuteMs)
  await desk.dispatchAll()

  expect((await read(owner, id)).body.recovery).toMatchObject({ status: 'done', recovered_count: 2 })
  expect(desk.handed.map(({ event_id }) => event_id).toSorted()).toEqual([waiting!.id, missed!.id].toSorted())
})

test('of a suspended account all waits, until that is over', async () => {
  const { owner } = await setUp()
  await suspend(owner.id, later(deskStart, dayMs))
  const [event] = await desk.publish(owner.id)

  await desk.dispatchAll()
  await desk.dispatcher.dispatchSoon({ event_ids: [event!.id] })
  expect(desk.handed).toEqual([])

  desk.pass(dayMs)
  await desk.dispatchAll()
  expect(desk.handed.map(({ event_id }) => event_id)).toEqual([event!.id])
})

test('of an account that is suspended without an end nothing goes out, whatever waits', async () => {
  const { owner } = await setUp()
  await suspend(owner.id, null)
  await desk.publish(owner.id)
  desk.pass(20 * dayMs)

  await desk.dispatchAll()
  expect(desk.handed).toEqual([])
})

test('the clock forgets what was removed, and secrets that sign nothing', async () => {
  const { owner, id } = await setUp()
  const kept = (await create(owner)).body.id
  await rotate(owner, kept, { overlap_seconds: 60 })
  await desk.publish(owner.id)
  await remove(owner, id)
  desk.pass(2 * minuteMs)

  const send = async () => []
  const tasks = createWebhookTasks({ sql, fieldCipher, webhookQueue: { send }, loadWebhookKeys: fieldKeys })
  for (const step of Object.values(tasks['expire-webhooks'])) while ((await step(desk.now())) > 0);

  expect((await sql`select id from webhook_endpoints`).map((row) => row.id)).toEqual([kept])
  expect(await sql`select from webhook_old_secrets`).toHaveLength(0)
  expect((await sql`select endpoint_id from webhook_deliveries`).map((row) => row.endpoint_id)).toEqual([
    kept,
  ])
})
