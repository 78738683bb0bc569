import type { Actor } from '../../../lib/auth/actor.ts'
import {
  deleteOldNotifications,
  deleteOldReadNotifications,
  removeNotificationsOf,
} from '../../../lib/notifications/expiry.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createTelling } from '../../support/notifications.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const tell = createTelling(sql)
const now = new Date()
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)

const toldTo = ({ id }: Actor) => sql<{ kind: string; actor_count: number }[]>`
  select kind, actor_count from notifications where recipient_id = ${id} order by kind
`

test('what was read is kept for 90 days, and all of it for 180', async () => {
  const ada = await seedActor(sql)
  const rows = [
    { kind: 'read-old', updated_at: daysAgo(91), read_at: daysAgo(1) },
    { kind: 'read', updated_at: daysAgo(89), read_at: daysAgo(1) },
    { kind: 'unread-old', updated_at: daysAgo(181), read_at: null },
    { kind: 'unread', updated_at: daysAgo(179), read_at: null },
  ].map((row) => ({ ...row, recipient_id: ada.id, subject_id: ada.id, last_event_id: ada.id }))
  await sql`insert into notifications ${sql(rows)}`

  expect(await deleteOldReadNotifications(sql, now)).toBe(1)
  expect(await deleteOldNotifications(sql, now)).toBe(1)

  expect((await toldTo(ada)).map(({ kind }) => kind)).toEqual(['read', 'unread'])
})

test('with an account goes what it was told and has chosen, and what others were told of it', async () => {
  const [ada, ben, cid] = [await seedActor(sql), await seedActor(sql), await seedActor(sql)]
  await tell(ben, ada, { kind: 'follow' })
  await tell(cid, ben, { kind: 'follow' })
  await tell(cid, ada, { kind: 'follow' })
  await tell(cid, ben, { kind: 'mention' })
  await sql`insert into notification_preferences (user_id) values (${ben.id})`

  await sql.begin((tx) => removeNotificationsOf(tx, ben.id))

  expect(await toldTo(ben)).toEqual([])
  expect(await toldTo(cid)).toEqual([{ kind: 'follow', actor_count: 1 }])
  expect(await sql`select from notification_preferences where user_id = ${ben.id}`).toHaveLength(0)
  const left = await sql`select actor_id from notification_actors where notification_id in (
    select id from notifications where recipient_id = ${cid.id}
  )`
  expect(left).toEqual([{ actor_id: ada.id }])
})

test('deliveries that meet the end of an account neither wait for each other nor miscount', async () => {
  const [ada, ben, ...fans] = await Promise.all(Array.from({ length: 22 }, () => seedActor(sql)))
  const connections = await openConnections(4)
  const tellings = connections.slice(1).map((connection) => createTelling(connection))
  await tell(ada!, ben!, { kind: 'follow' })

  await Promise.all([
    connections[0]!.begin(async (tx) => {
      await tx`select from users where id = ${ben!.id} for update`
      await removeNotificationsOf(tx, ben!.id)
      await tx`update users set deleted_at = now() where id = ${ben!.id}`
    }),
    ...fans.flatMap((fan, at) => [
      tellings[at % 3]!(ada!, fan, { kind: 'follow' }),
      tellings[(at + 1) % 3]!(ada!, ben!, { kind: 'follow' }),
    ]),
  ])

  expect(await toldTo(ada!)).toEqual([{ kind: 'follow', actor_count: 20 }])
  expect(await sql`select from notification_actors where actor_id = ${ben!.id}`).toHaveLength(0)
})
