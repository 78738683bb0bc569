import { randomUUID } from 'node:crypto'
import { createEventConsumer, type Jobs } from '../../lib/event-consumer.ts'
import type { Receipts } from '../../lib/event-receipts.ts'
import { type EventType, events } from '../../lib/events.ts'

function prepare() {
  const done: { type: EventType; payload: unknown }[] = []
  const types = Object.keys(events) as EventType[]
  const jobs = Object.fromEntries(
    types.map((type) => [type, async (payload: unknown) => void done.push({ type, payload })]),
  ) as unknown as Jobs
  const seen = new Set<string>()
  const receipts: Receipts = {
    async once(id, work) {
      if (seen.has(id)) return false
      await work()
      seen.add(id)
      return true
    },
  }
  return { done, consume: createEventConsumer({ receipts, jobs }) }
}

const ids = {
  kind: 'follow',
  recipient_id: randomUUID(),
  actor_id: randomUUID(),
  user_id: randomUUID(),
  notice_id: randomUUID(),
  export_id: randomUUID(),
  track_id: randomUUID(),
  upload_id: randomUUID(),
  version_id: randomUUID(),
  job_id: randomUUID(),
  call_id: randomUUID(),
  notice: 'receipt',
  subject_id: randomUUID(),
  order_id: randomUUID(),
  refund_id: randomUUID(),
  dispute_id: randomUUID(),
  license_id: randomUUID(),
  payout_id: randomUUID(),
  offer_id: randomUUID(),
  playlist_id: randomUUID(),
  comment_id: randomUUID(),
  download_id: randomUUID(),
  account_ids: [randomUUID()],
  endpoint_id: randomUUID(),
  delivery_id: randomUUID(),
  trouble: 'failing',
  notification_id: randomUUID(),
  notification_ids: [randomUUID()],
  event_id: randomUUID(),
}
/** Members that mean something else there. */
const samples: Partial<Record<EventType, object>> = {
  'mail.feedback': {
    kind: 'bounce',
    bounce_type: 'Permanent',
    recipients: [{ emailAddress: 'nova@example.com' }],
    message_id: 'a-mail',
    as_of: '2026-01-01T00:00:00.000Z',
  },
}
const messageOf = (type: string, payload: unknown = ids) => ({
  id: randomUUID(),
  type,
  payload,
  request_id: null,
  created_at: '2026-01-01T00:00:00.000Z',
})

test.each(Object.keys(events) as EventType[])('%s goes to its job with its own payload', async (type) => {
  const { done, consume } = prepare()
  const sample = samples[type] ?? ids
  await consume(messageOf(type, sample))
  expect(done).toEqual([{ type, payload: events[type].parse(sample) }])
})

test('an id of EventBridge, which is a UUID of no version, is as good as another', async () => {
  const { done, consume } = prepare()
  await consume({ ...messageOf('stream.prepare'), id: '17793124-05d4-b198-2fde-7ededc63b103' })
  expect(done).toHaveLength(1)
})

test('an event delivered twice is handled once', async () => {
  const { done, consume } = prepare()
  const message = messageOf('stream.prepare')
  await consume(message)
  await consume(message)
  expect(done).toHaveLength(1)
})

test.each([
  { name: 'an unknown type', message: messageOf('track.exploded') },
  { name: 'a payload of another event', message: messageOf('stream.prepare', { user_id: ids.user_id }) },
  { name: 'no envelope', message: ids },
])('$name is refused', async ({ message }) => {
  const { done, consume } = prepare()
  await expect(consume(message)).rejects.toThrow()
  expect(done).toEqual([])
})
