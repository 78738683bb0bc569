import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createNotificationService } from '../../../lib/notifications/service.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createNotificationWorld, createTelling, nextEventId } from '../../support/notifications.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const { clock, tell, listOf, unreadOf, read, people, setUp } = createNotificationWorld(sql)

const block = (blocker: Actor, blocked: Actor) =>
  sql`insert into blocks (blocker_id, blocked_id) values (${blocker.id}, ${blocked.id})`
const mute = (muter: Actor, muted: Actor) =>
  sql`insert into mutes (muter_id, muted_id) values (${muter.id}, ${muted.id})`

test('deliveries count an event once however often it comes, before and after it was read', async () => {
  const { ada, others, like } = await setUp()
  const event = nextEventId()

  await like(others[0]!, event)
  await like(others[0]!, event)
  await read(ada, { all: true })
  await like(others[0]!, event)

  expect(await listOf(ada)).toMatchObject([{ actor_count: 1, is_read: true }])
})

test('deliveries may come in any order: who did it last is named first', async () => {
  const { ada, others, like } = await setUp(4)
  const events = others.map(() => nextEventId())

  for (const at of [2, 0, 3, 1]) await like(others[at]!, events[at])

  const [only] = await listOf(ada)
  expect(only!.actors.map(({ id }) => id)).toEqual([3, 2, 1].map((at) => others[at]!.id))
})

test('deliveries two hundred at once over several connections end in one row with the exact count', async () => {
  const { ada, track } = await setUp(0)
  const fans = await people(200)
  const tellings = (await openConnections(8)).map((connection) => createTelling(connection, clock.now))
  const events = fans.map((fan) => ({ fan, id: nextEventId() }))
  // Some of them come twice, as queues have it.
  const deliveries = [...events, ...events.slice(0, 40)].map(({ fan, id }, at) =>
    tellings[at % tellings.length]!(ada, fan, { kind: 'track_like', track_id: track.id }, id),
  )

  await Promise.all(deliveries)

  expect(await listOf(ada)).toMatchObject([{ actor_count: 200 }])
  expect(await unreadOf(ada)).toBe(1)
}, 30_000)

test('deliveries that meet the reading of what they add to lose nobody', async () => {
  const { ada, track } = await setUp(0)
  const fans = await people(40)
  const connections = await openConnections(4)
  const tellings = connections.map((connection) => createTelling(connection, clock.now))
  const reading = createNotificationService({ sql: connections[0]!, now: clock.now })

  await Promise.all(
    fans.flatMap((fan, at) => [
      tellings[at % 4]!(ada, fan, { kind: 'track_like', track_id: track.id }),
      ...(at % 10 === 0 ? [reading.markRead(ada, { all: true })] : []),
    ]),
  )

  const counts = (await listOf(ada)).map(({ actor_count }) => actor_count)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40)
  const open = await sql`select from notifications where recipient_id = ${ada.id} and read_at is null`
  expect(open.length).toBeLessThanOrEqual(1)
})

test('deliveries of oneself tell nothing', async () => {
  const { ada, like } = await setUp(0)

  await like(ada)

  expect(await listOf(ada)).toEqual([])
})

test.each<{ name: string; hide: (ada: Actor, other: Actor) => Promise<unknown> }>([
  { name: 'whom the recipient has blocked', hide: (ada, other) => block(ada, other) },
  { name: 'who has blocked the recipient', hide: (ada, other) => block(other, ada) },
  { name: 'whom the recipient has muted', hide: (ada, other) => mute(ada, other) },
])('deliveries of somebody $name tell nothing, and hide what was told before', async ({ hide }) => {
  const { ada, others, like } = await setUp(2)
  const [other, friend] = others
  await like(other!)
  await tell(ada, other!, { kind: 'follow' })
  await like(friend!)

  await hide(ada, other!)
  await tell(ada, other!, { kind: 'track_repost', track_id: randomUUID() })

  const all = await listOf(ada)
  expect(all).toMatchObject([{ kind: 'track_like', actor_count: 1, actors: [{ id: friend!.id }] }])
  expect(await unreadOf(ada)).toBe(1)
  const [{ count }] = await sql<[{ count: number }]>`
    select count(*)::int as count from notifications where recipient_id = ${ada.id} and kind = 'track_repost'
  `
  expect(count).toBe(0)
})

test('deliveries of an answer by somebody whom the artist has muted reach nobody', async () => {
  const { ada, others, track } = await setUp(3)
  const [reader, muted, heard] = others
  await mute(ada, muted!)
  const reply = { kind: 'comment_reply', track_id: track.id, comment_id: randomUUID() } as const

  await tell(reader!, muted!, reply)
  await tell(reader!, muted!, { ...reply, kind: 'mention' })
  await tell(reader!, heard!, reply)

  expect(await listOf(reader!)).toMatchObject([{ actor_count: 1, actors: [{ id: heard!.id }] }])
})

test('deliveries to and of those whose account is deleted are dropped', async () => {
  const { ada, others, like } = await setUp(2)
  await sql`update users set deleted_at = now() where id = ${others[0]!.id}`

  await like(others[0]!)
  await tell(others[0]!, ada, { kind: 'follow' })

  expect(
    await sql`select from notifications where recipient_id in (${ada.id}, ${others[0]!.id})`,
  ).toHaveLength(0)
})
