import { createWebhookMails } from '../../../lib/mail/webhook-mails.ts'
import { hourMs } from '../../../lib/time.ts'
import { createWebhookNews } from '../../../lib/webhooks/deliveries/news.ts'
import { removeEndpoint } from '../../../lib/webhooks/endpoints/leaving.ts'
import { enableEndpoint } from '../../../lib/webhooks/endpoints/repository.ts'
import { useDatabase } from '../../support/database.ts'
import { createWebhookDesk, refuses } from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)
const relay = { flushSoon: async () => {} }
const news = createWebhookNews({ sql, relay, dispatcher: desk.dispatcher, now: desk.now })
const sent: { to: string; subject: string; text: string; reason: unknown }[] = []
const post = {
  send: async (to: string, { subject, text }: { subject: string; text: string }, reason: unknown) => {
    sent.push({ to, subject, text, reason })
    return true
  },
}
const writeMail = createWebhookMails({ sql, post, appUrl: 'https://app.example' })

beforeEach(async () => {
  await desk.clear()
  sent.splice(0)
})

interface Told {
  readonly id: string
  readonly type: string
  readonly payload: never
}
const takeOutbox = () => sql<Told[]>`delete from outbox returning id, type, payload`

/** Does what the jobs worker would with what is in the outbox. */
async function tellAll() {
  const notifications: unknown[] = []
  for (;;) {
    const events = await takeOutbox()
    if (events.length === 0) return notifications
    for (const { id, type, payload } of events) {
      if (type === 'webhook.trouble')
        await news['webhook.trouble'](payload, id, { request_id: null, created_at: desk.now() })
      else if (type === 'mail.webhook_notice') await writeMail(payload)
      else notifications.push(payload)
    }
  }
}
const publicEvents = () => sql<{ type: string; resource_id: string; data: Record<string, unknown> }[]>`
  select type, resource_id, data from public_events where type like 'webhook.%' order by id
`

async function failOnce(accountId: string, answer = refuses) {
  const [event] = await desk.publish(accountId)
  await desk.dispatchAll()
  for (const handed of desk.takeHanded()) await desk.answer(handed, answer)
  return { event: event! }
}

test('a disabled endpoint is told of by the others, in the application and by mail', async () => {
  const account = await desk.addAccount()
  const broken = await desk.addEndpoint(account, { description: 'Into our books' })
  const { event } = await failOnce(account, { status_code: 410, error: 'status' })
  const watching = await desk.addEndpoint(account, { event_types: ['webhook.endpoint.disabled'] })
  const notifications = await tellAll()

  expect(await publicEvents()).toMatchObject([
    {
      type: 'webhook.endpoint.disabled',
      resource_id: broken.id,
      data: {
        endpoint: { id: broken.id, url: broken.url, description: 'Into our books' },
        reason: 'gone',
        disabled_at: desk.now().toISOString(),
        event: { id: event.id, type: 'track.deleted', data: event.data },
      },
    },
  ])
  expect(desk.handed.map(({ url }) => url)).toEqual([watching.url])
  expect(notifications).toEqual([
    { kind: 'webhook', recipient_id: account, actor_id: null, endpoint_id: broken.id },
  ])
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({ subject: 'Your webhook endpoint was disabled', reason: 'account' })
  expect(sent[0]!.text).toContain(`https://app.example/webhooks/${broken.id}`)
  expect(sent[0]!.text).toContain('Last answer: HTTP 410')
  expect(sent[0]!.text).not.toContain('Bearer')
})

test('that it fails is told by choice, and not once it is well again', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account)
  await failOnce(account)
  for (const hours of [13, 12]) {
    desk.pass(hours * hourMs)
    await failOnce(account)
  }
  await tellAll()
  expect((await publicEvents()).map(({ type }) => type)).toEqual(['webhook.endpoint.failing'])
  expect(sent).toMatchObject([
    {
      subject: 'Your webhook endpoint has failed for a day',
      reason: { user_id: account, scope: 'webhook' },
    },
  ])

  sent.splice(0)
  await sql`
    insert into notification_preferences (user_id, revision, choices)
    values (${account}, 1, ${sql.json({ webhook: { email: false } })})
  `
  await writeMail({ endpoint_id: id, user_id: account, trouble: 'still_failing' })
  expect(sent).toEqual([])
  await sql.begin((tx) => enableEndpoint(tx, id, desk.now()))
  await writeMail({ endpoint_id: id, user_id: account, trouble: 'failing' })
  await writeMail({ endpoint_id: id, user_id: account, trouble: 'disabled' })
  expect(sent).toEqual([])
})

test('a delivery that was given up is told of with what it was to say, by the other endpoints alone', async () => {
  const account = await desk.addAccount()
  const { id, url } = await desk.addEndpoint(account)
  const [event] = await desk.publish(account)
  await desk.dispatchAll()
  await sql`update webhook_deliveries set tries = 9`
  await desk.answer(desk.takeHanded()[0]!, refuses)
  const notifications = await tellAll()
  expect(await publicEvents()).toMatchObject([
    {
      type: 'webhook.attempt.exhausted',
      resource_id: id,
      data: {
        event: { id: event!.id, type: 'track.deleted', data: event!.data },
        status_code: 500,
        error: 'status',
      },
    },
  ])
  expect(notifications).toEqual([])
  expect(sent).toEqual([])
  await desk.dispatchAll()
  expect(desk.handed.filter((one) => one.url === url)).toEqual([])
})

test('the same trouble is told once, however often its event comes', async () => {
  const account = await desk.addAccount()
  await desk.addEndpoint(account)
  await failOnce(account, { status_code: 410, error: 'status' })
  const [trouble] = await takeOutbox()
  const origin = { request_id: null, created_at: desk.now() }
  for (let times = 0; times < 2; times++) await news['webhook.trouble'](trouble!.payload, trouble!.id, origin)
  expect(await publicEvents()).toHaveLength(1)
  expect((await takeOutbox()).map(({ type }) => type).toSorted()).toEqual([
    'mail.webhook_notice',
    'notification.add',
  ])
})

test('nothing is told of an endpoint that was removed meanwhile', async () => {
  const account = await desk.addAccount()
  const { id } = await desk.addEndpoint(account)
  await desk.addEndpoint(account, { event_types: ['webhook.endpoint.failing'] })
  await failOnce(account)
  for (const hours of [13, 12]) {
    desk.pass(hours * hourMs)
    await failOnce(account)
  }
  await sql.begin((tx) => removeEndpoint(tx, id, desk.now()))
  expect(await tellAll()).toEqual([])
  expect([await publicEvents(), sent]).toEqual([[], []])

  await writeMail({ endpoint_id: id, user_id: account, trouble: 'disabled' })
  expect(sent).toEqual([])
})
