import { adminRoutes } from '../../../functions/admin/routes.ts'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createModerationApi } from '../../support/moderation.ts'
import { createSocialApi, seedPerson, seedTrack } from '../../support/social.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const relay = { flushSoon: async () => {} }

/** An artist on one connection, and a fan on another who has said something. */
async function setUp() {
  const [artist, fan] = [await seedPerson(sql), await seedPerson(sql)]
  const [one, two] = await openConnections(2)
  const social = createSocialApi(two!)
  const track_id = await seedTrack(sql, artist)
  const params = { track_id }
  const { body } = await social(socialRoutes.createComment, fan, { params, body: { body: 'Lovely' } })
  const relations = createRelationService({ sql: one!, relay })
  return { artist, fan, relations, social, connection: two!, track_id, comment_id: body.id }
}

const times = async (count: number, work: (at: number) => Promise<unknown>) => {
  for (let at = 0; at < count; at++) await work(at)
}

test('a comment is edited and liked while the artist mutes its author again and again, and nobody waits for ever', async () => {
  const { artist, fan, relations, social, comment_id } = await setUp()
  const statuses = new Set<number>()

  await Promise.all([
    times(30, async () => {
      await relations.mute(artist, fan.id)
      await relations.unmute(artist, fan.id)
    }),
    times(60, async (at) => {
      const options = { params: { comment_id } }
      const body = { body: `Lovelier ${at}` }
      statuses.add((await social(socialRoutes.updateComment, fan, { ...options, body })).status)
      statuses.add((await social(socialRoutes.likeComment, fan, options)).status)
    }),
  ])

  expect([...statuses].toSorted()).toEqual([200, 204])
}, 30_000)

test('one comment is pinned and then the other while their author is muted again and again', async () => {
  const { artist, fan, relations, social, track_id, comment_id } = await setUp()
  const options = { params: { track_id }, body: { body: 'Lovelier' } }
  const other = (await social(socialRoutes.createComment, fan, options)).body.id
  const statuses = new Set<number>()

  await Promise.all([
    times(60, async () => {
      await relations.mute(artist, fan.id)
      await relations.unmute(artist, fan.id)
    }),
    times(180, async (at) => {
      const params = { comment_id: at % 2 === 0 ? comment_id : other }
      statuses.add((await social(socialRoutes.pinComment, artist, { params })).status)
    }),
  ])

  // Whom one has muted one does not hear.
  for (const status of statuses) expect([204, 404]).toContain(status)
  await expect(
    sql`select from comments where track_id = ${track_id} and pinned_at is not null`,
  ).resolves.toHaveLength(1)
}, 30_000)

/** Until so many wait for a row that somebody holds. */
async function untilWaiting(count: number) {
  for (let waiting = 0; waiting < count; ) {
    const rows = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `
    waiting = rows.length
  }
}

test('a mute is lifted while the account of the muted one ends, and neither waits for the other', async () => {
  const { artist, fan, relations, connection, comment_id } = await setUp()
  const [holder] = await openConnections(1)
  await relations.mute(artist, fan.id)
  const now = new Date()
  await sql`update users set deletes_at = ${now} where id = ${fan.id}`
  const bury = (now: Date) => buryDueAccount(connection, now)

  const both = await holder!.begin(async (tx) => {
    await tx`select from comments where id = ${comment_id} for update`
    const burial = bury(now)
    await untilWaiting(1)
    const unmute = relations.unmute(artist, fan.id)
    await untilWaiting(2)
    return { done: Promise.all([burial, unmute]) }
  })

  await expect(both.done).resolves.toEqual([1, undefined])
}, 30_000)

/**
 * The fan, muted by the artist, is being buried: their relations are gone, and nobody sees that yet. `finish` lets the
 * burial come to its end.
 */
async function halfBury({ artist, fan, relations }: Awaited<ReturnType<typeof setUp>>) {
  const [holder, burying] = await openConnections(2)
  await relations.mute(artist, fan.id)
  const now = new Date()
  await sql`update users set deletes_at = ${now} where id = ${fan.id}`
  await sql`insert into notification_preferences (user_id) values (${fan.id})`
  let finish = () => {}
  const isFinished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const holding = holder!.begin(async (tx) => {
    await tx`select from notification_preferences where user_id = ${fan.id} for update`
    await isFinished
  })
  const burial = buryDueAccount(burying!, now)
  await untilWaiting(1)
  return {
    finish: async () => {
      finish()
      await holding
      return burial
    },
  }
}

const countedOn = (trackId: string) => sql<{ body: string; is_counted: boolean }[]>`
  select body, is_counted from comments where track_id = ${trackId} order by id
`

test('nobody comments while their account ends, and no comment is left that a mute that is gone kept from being counted', async () => {
  const scene = await setUp()
  const { fan, social, track_id } = scene
  const { finish } = await halfBury(scene)

  const comment = social(socialRoutes.createComment, fan, {
    params: { track_id },
    body: { body: 'Still here' },
  })
  await untilWaiting(2)
  await expect(finish()).resolves.toBe(1)

  await expect(comment).resolves.toMatchObject({ status: 401, body: { code: 'token_revoked' } })
  expect(await countedOn(track_id)).toEqual([{ body: 'Lovely', is_counted: false }])
}, 30_000)

test('a comment found to be right while the account of its author ends is counted, for nobody mutes them any more', async () => {
  const scene = await setUp()
  const { fan, track_id, connection, comment_id } = scene
  const moderate = createModerationApi(connection)
  const moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  const [reported] = await sql<[{ id: string }]>`
    insert into moderation_cases (subject_kind, subject_id, user_id, excerpt, opened_at)
    values ('comment', ${comment_id}, ${fan.id}, '', now())
    returning id
  `
  const resolve = (action: string) =>
    moderate(adminRoutes.resolveReport, moderator, {
      params: { report_id: reported.id },
      body: { action },
    })
  await resolve('hide')
  const { finish } = await halfBury(scene)

  const shown = resolve('dismiss')
  await untilWaiting(2)
  await expect(finish()).resolves.toBe(1)

  await expect(shown).resolves.toMatchObject({ status: 204 })
  expect(await countedOn(track_id)).toEqual([{ body: 'Lovely', is_counted: true }])
}, 30_000)
