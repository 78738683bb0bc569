import { toEnvelope } from '../../../lib/public-events/envelope.ts'
import { later, minuteMs } from '../../../lib/time.ts'
import { resend } from '../../../lib/webhooks/deliveries/attempt-now.ts'
import { useDatabase } from '../../support/database.ts'
import { createWebhookDesk, deskStart, fieldCipher } from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)
beforeEach(() => desk.clear())

const claims = () => sql<{ id: string; claimed_until: Date | number; lost_claims: number }[]>`
  select id, claimed_until, lost_claims from webhook_deliveries order by id
`

describe('what the sender is handed', () => {
  test('is the envelope, its signing secrets and the headers of the receiver', async () => {
    const account = await desk.addAccount()
    const { id, url, secret } = await desk.addEndpoint(account)
    await sql`
      insert into webhook_old_secrets (endpoint_id, sealed_secret, expires_at) values
        (${id}, ${await fieldCipher.seal('whsec_old')}, ${later(deskStart, 1)}),
        (${id}, ${await fieldCipher.seal('whsec_over')}, ${deskStart})
    `
    const [event] = await desk.publish(account)
    await expect(desk.dispatcher.dispatchDue()).resolves.toBe(1)
    const [message] = desk.takeHanded()
    const [claim] = await claims()
    expect(message).toEqual({
      delivery_id: claim!.id,
      attempt: 1,
      event_id: event!.id,
      url,
      body: JSON.stringify(toEnvelope(event!)),
      headers: { authorization: 'Bearer of-the-receiver' },
      secrets: [secret, 'whsec_old'],
      not_after: later(deskStart, 9 * minuteMs).toISOString(),
      delay_seconds: 0,
      at: deskStart,
    })
    expect(claim!.claimed_until).toEqual(later(deskStart, 10 * minuteMs))
  })

  test('is nothing of an endpoint that is disabled, was added later, or wants something else', async () => {
    const account = await desk.addAccount()
    await desk.addEndpoint(account, { status: 'disabled', disabled_reason: 'owner', disabled_at: deskStart })
    await desk.addEndpoint(account, { event_types: ['order.paid'] })
    await desk.addEndpoint(account, { filter: sql.json({ 'track.id': { equals: 'another' } }) })
    await desk.addEndpoint(await desk.addAccount())
    await desk.publish(account)
    await desk.addEndpoint(account)
    await desk.dispatchAll()
    expect(desk.handed).toEqual([])
  })
})

test('hands a delivery over once, however many ask at once', async () => {
  const account = await desk.addAccount()
  await desk.addEndpoint(account, { rate_per_second: 100 })
  await desk.publish(account, 40)
  await Promise.all(Array.from({ length: 5 }, () => desk.makeDispatcher().dispatchDue()))
  await desk.dispatchAll()
  expect(new Set(desk.handed.map(({ delivery_id }) => delivery_id)).size).toBe(40)
  expect(desk.handed).toHaveLength(40)
})

test('resends what has ended, as a further attempt', async () => {
  const account = await desk.addAccount()
  await desk.addEndpoint(account)
  await desk.publish(account)
  await sql`
    update webhook_deliveries
    set status = 'succeeded', attempt_count = 3, tries = 3, next_attempt_at = null, ended_at = ${deskStart}
  `
  const [{ id }] = (await sql<[{ id: string }]>`select id from webhook_deliveries`) as [{ id: string }]
  await sql.begin((tx) => resend(tx, id, desk.now()))
  await desk.dispatcher.dispatchSoon()
  expect(desk.handed).toMatchObject([{ delivery_id: id, attempt: 4 }])
})
