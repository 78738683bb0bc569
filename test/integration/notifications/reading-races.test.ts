import { randomUUID } from 'node:crypto'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createSocialApi, type Person, seedPerson } from '../../support/social.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)

/** In another order by their time than by their ids. */
async function tell({ id }: Person, count: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    insert into notifications (recipient_id, kind, subject_id, last_event_id, created_at, updated_at)
    select ${id}, 'follow', subject, ${randomUUID()}, now(), now() - number * interval '1 second'
    from (select number, gen_random_uuid() as subject from generate_series(1, ${count}::int) number) told
    returning id
  `
  await sql`analyze notifications`
  return rows.map((row) => row.id)
}

test('some are marked as read and all of them at once, by several windows of one user', async () => {
  const me = await seedPerson(sql)
  const ids = await tell(me, 300)
  const windows = (await openConnections(3)).map((connection) => createSocialApi(connection))
  const bodies = [
    { ids: ids.slice(0, 100) },
    { up_to: new Date(Date.now() + 60_000).toISOString() },
    { ids: ids.slice(50, 150).toReversed() },
  ]

  for (let round = 0; round < 25; round++) {
    await sql`update notifications set read_at = null`
    const answers = await Promise.all(
      windows.map((call, at) => call(socialRoutes.markNotificationsRead, me, { body: bodies[at] })),
    )
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
  }

  await expect(sql`select from notifications where read_at is null`).resolves.toHaveLength(0)
}, 60_000)
