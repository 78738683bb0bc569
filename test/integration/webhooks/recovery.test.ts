import { connect } from '../../../lib/db/client.ts'
import { dayMs, earlier, later } from '../../../lib/time.ts'
import { deleteOldDeliveries, deleteOldRecoveries } from '../../../lib/webhooks/deliveries/expiry.ts'
import { workRecoveries } from '../../../lib/webhooks/deliveries/recovery.ts'
import { insertRecovery } from '../../../lib/webhooks/endpoints/recovery-repository.ts'
import { useDatabase } from '../../support/database.ts'
import { createWebhookDesk, deskStart, succeeds } from '../../support/webhook-desk.ts'

const { sql, settings } = useDatabase()
const other = connect(settings)
afterAll(() => other.end({ timeout: 5 }))
const desk = createWebhookDesk(sql)
beforeEach(() => desk.clear())

const recover = async (endpointId: string, since = deskStart) => {
  await sql.begin((tx) => insertRecovery(tx, endpointId, since, desk.now()))
}
/** It waits for whatever is open on the server, other tests among them. */
async function recoverAll() {
  do await workRecoveries(sql, desk.now())
  while ((await recovery()).status === 'running')
}
const recovery = async () => (await sql`select status, recovered_count, ended_at from webhook_recoveries`)[0]!

test('thirty days are sent again while new events flow, which come first; each once', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account, { rate_per_second: 100 })
  await sql`update webhook_endpoints set status = 'disabled', disabled_reason = 'owner', disabled_at = now()`
  const missed: string[] = []
  for (let day = 0; day < 30; day++) {
    missed.push(...(await desk.publish(account, 20)).map((event) => event.id))
    desk.pass(dayMs - 1)
  }
  await sql`update webhook_endpoints set status = 'enabled', disabled_reason = null, disabled_at = null`
  await recover(id, earlier(desk.now(), 30 * dayMs))

  const fresh: string[] = []
  const received: string[] = []
  let isOver = false
  while (!isOver) {
    await workRecoveries(sql, desk.now())
    const published = received.length < 400 ? (await desk.publish(account, 5)).map((event) => event.id) : []
    fresh.push(...published)
    await desk.dispatcher.dispatchDue()
    const handed = desk.takeHanded()
    const firsts = handed.slice(0, published.length).map(({ event_id }) => event_id)
    expect(firsts.toSorted()).toEqual(published.toSorted())
    for (const one of handed) {
      received.push(one.event_id)
      await desk.answer(one, succeeds)
    }
    desk.pass(1_000)
    isOver = handed.length === 0 && (await recovery()).status === 'done'
  }

  expect(new Set(received).size).toBe(received.length)
  expect(received.toSorted()).toEqual([...missed, ...fresh].toSorted())
  expect(await recovery()).toMatchObject({ status: 'done', recovered_count: missed.length })
}, 120_000)

test('takes what is wanted, was not delivered and is not too old, and no tests', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account, { event_types: ['track.deleted'] })
  await sql`update webhook_endpoints set status = 'disabled', disabled_reason = 'owner', disabled_at = now()`
  await desk.publish(account)
  desk.pass(1)
  const since = desk.now()
  const [missed] = await desk.publish(account)
  await desk.publish(account, 1, 'order.paid')
  const [test] = await desk.publish(account)
  await sql`update public_events set is_test = true where id = ${test!.id}`
  await desk.publish(await desk.addAccount())
  await sql`update webhook_endpoints set status = 'enabled', disabled_reason = null, disabled_at = null`
  const [delivered] = await desk.publish(account)
  await sql`
    update webhook_deliveries set status = 'succeeded', next_attempt_at = null, ended_at = ${since}
    where event_id = ${delivered!.id}
  `
  const [failed] = await desk.publish(account)
  await sql`
    update webhook_deliveries set status = 'failed', tries = 10, next_attempt_at = null, ended_at = ${since}
    where event_id = ${failed!.id}
  `
  await recover(id, since)
  await recoverAll()
  await desk.dispatchAll()
  expect(desk.handed.map(({ event_id }) => event_id).toSorted()).toEqual([missed!.id, failed!.id].toSorted())
  expect(await recovery()).toMatchObject({ status: 'done', recovered_count: 2 })
})

test('waits for an event whose transaction is still open', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account)
  const late = Promise.withResolvers<void>()
  const written = Promise.withResolvers<string>()
  const publishing = other.begin(async (tx) => {
    const [event] = await tx<[{ id: string }]>`
      insert into public_events (account_id, source_id, type, api_version, created_at, resource_id, sequence, data)
      values (${account}, uuidv7(), 'track.deleted', '2026-12-01', ${deskStart}, uuidv7(), 1, '{}')
      returning id
    `
    written.resolve(event.id)
    await late.promise
  })
  const eventId = await written.promise
  await recover(id)
  await workRecoveries(sql, desk.now())
  expect(await recovery()).toMatchObject({ status: 'running' })
  late.resolve()
  await publishing
  await recoverAll()
  expect(await recovery()).toMatchObject({ status: 'done', recovered_count: 1 })
  await desk.dispatchAll()
  expect(desk.handed).toMatchObject([{ event_id: eventId }])
})

test('deliveries go with their events, after thirty days, and recoveries after as many', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account)
  await desk.publish(account)
  await desk.dispatchAll()
  await desk.answer(desk.takeHanded()[0]!, succeeds)
  await recover(id)
  desk.pass(1)
  await desk.publish(account)
  const monthLater = later(deskStart, 30 * dayMs)
  await expect(deleteOldDeliveries(sql, monthLater)).resolves.toBe(0)
  await expect(deleteOldRecoveries(sql, monthLater)).resolves.toBe(0)
  await expect(deleteOldDeliveries(sql, later(monthLater, 1))).resolves.toBe(1)
  await expect(deleteOldRecoveries(sql, later(monthLater, 1))).resolves.toBe(1)
  expect(await sql`select from webhook_attempts`).toHaveLength(0)
  expect(await sql`select from webhook_deliveries`).toHaveLength(1)
})
