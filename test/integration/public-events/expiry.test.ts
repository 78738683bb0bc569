import { randomUUID } from 'node:crypto'
import { deleteOldEvents, removeEndedEvents } from '../../../lib/public-events/expiry.ts'
import { insertPublicEvent } from '../../../lib/public-events/insert.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useDatabase } from '../../support/database.ts'
import { createWebhookDesk, deskStart } from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)
beforeEach(() => desk.clear())

const monthLater = later(deskStart, 30 * dayMs)

async function runAll(step: () => Promise<number>) {
  while ((await step()) > 0);
}

const countOf = async (table: 'public_events' | 'webhook_deliveries' | 'public_event_sequences') => {
  const [row] = await sql<[{ count: number }]>`select count(*)::int as count from ${sql(table)}`
  return row.count
}

test('events go after thirty days, with what was delivered of them', async () => {
  const account = await desk.addAccount()
  await desk.addEndpoint(account)
  await desk.publish(account, 3)
  await sql`
    update webhook_deliveries set status = 'succeeded', next_attempt_at = null, ended_at = ${deskStart}
  `
  await runAll(() => deleteOldEvents(sql, later(monthLater, -1)))
  expect(await countOf('public_events')).toBe(3)

  await runAll(() => deleteOldEvents(sql, monthLater))

  expect(await countOf('public_events')).toBe(0)
  expect(await countOf('webhook_deliveries')).toBe(0)
})

test('what is still to be delivered waits for that', async () => {
  const account = await desk.addAccount()
  await desk.addEndpoint(account)
  await desk.publish(account, 2)
  await sql`
    update webhook_deliveries set status = 'failed', next_attempt_at = null, ended_at = ${deskStart}
    where id = (select id from webhook_deliveries limit 1)
  `

  await runAll(() => deleteOldEvents(sql, monthLater))

  expect(await countOf('public_events')).toBe(1)
  expect(await sql`select status from webhook_deliveries`).toEqual([{ status: 'pending' }])
})

test('many go a part at a time', async () => {
  const account = await desk.addAccount()
  await sql`
    insert into public_events (account_id, source_id, type, api_version, created_at, resource_id, sequence, data)
    select ${account}, uuidv7(), 'track.deleted', '2026-12-01', ${deskStart}, uuidv7(), 1, '{}'
    from generate_series(1, 1200)
  `
  expect([
    await deleteOldEvents(sql, monthLater),
    await deleteOldEvents(sql, monthLater),
    await deleteOldEvents(sql, monthLater),
    await deleteOldEvents(sql, monthLater),
  ]).toEqual([500, 500, 200, 0])
})

test('a count goes on after its events are gone', async () => {
  const account = await desk.addAccount()
  const [resource_id, endpoint] = [
    randomUUID(),
    { id: randomUUID(), url: 'https://a.example', description: '' },
  ]
  const tell = () =>
    insertPublicEvent(sql, {
      account_id: account,
      source_id: randomUUID(),
      type: 'webhook.test',
      resource_id,
      data: { endpoint },
      request_id: null,
      created_at: deskStart,
    })
  await tell()
  await runAll(() => deleteOldEvents(sql, monthLater))

  expect((await tell())!.sequence).toBe(2)
})

test('of an account that ends all goes, and of no other', async () => {
  const [account, other] = [await desk.addAccount(), await desk.addAccount()]
  await desk.addEndpoint(account)
  await desk.publish(account, 3)
  await desk.publish(other, 2)
  await sql`
    insert into public_event_sequences (account_id, resource_id, last)
    select account_id, resource_id, 1 from public_events
  `
  await sql`update users set deletes_at = ${deskStart} where id = ${account}`

  await buryDueAccount(sql, deskStart)
  await runAll(() => removeEndedEvents(sql))

  expect(await sql`select distinct account_id from public_events`).toEqual([{ account_id: other }])
  const counted = await sql`
    select account_id, count(*)::int from public_event_sequences
    where account_id in (${account}, ${other})
    group by account_id
  `
  expect(counted).toEqual([{ account_id: other, count: 2 }])
  expect(await sql`select from public_event_removals`).toHaveLength(0)
  expect(await countOf('webhook_deliveries')).toBe(0)
  expect(await removeEndedEvents(sql)).toBe(0)
})
