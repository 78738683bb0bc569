import { randomUUID } from 'node:crypto'
import { createNotificationHandlers } from '../../../functions/social/notification-handlers.ts'
import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createApi } from '../../../lib/http/api.ts'
import { notificationKinds } from '../../../lib/notifications/kinds.ts'
import { createNotificationService } from '../../../lib/notifications/service.ts'
import { call, unlimited } from '../../support/api.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createTelling } from '../../support/notifications.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const tell = createTelling(sql)
const createSocialApi = (connection = sql) =>
  createApi(notificationRoutes, createNotificationHandlers(createNotificationService({ sql: connection })), {
    service: 'social',
    corsOrigins: [],
    takeCall: unlimited,
  })
const handler = createSocialApi()

const getChoices = (actor: Actor) => call(handler, notificationRoutes.getNotificationPreferences, { actor })
const choose = (actor: Actor, body: object, headers = {}, on = handler) =>
  call(on, notificationRoutes.updateNotificationPreferences, { actor, body, headers })
const mute = (actor: Actor, track_id: string) =>
  call(handler, notificationRoutes.muteTrackComments, { actor, params: { track_id } })
const unmute = (actor: Actor, track_id: string) =>
  call(handler, notificationRoutes.unmuteTrackComments, { actor, params: { track_id } })
const listMuted = (actor: Actor, query = {}) =>
  call(handler, notificationRoutes.listMutedTracks, { actor, query })
const kindsTold = async (actor: Actor) => {
  const { body } = await call(handler, notificationRoutes.listNotifications, { actor })
  return body.data.map(({ kind }) => kind).toSorted()
}

async function seedTrack(owner: Actor, visibility = 'public') {
  const [track] = await sql<[{ id: string; title: string }]>`
    insert into tracks (owner_id, title, rights_confirmed_at, visibility, status)
    values (${owner.id}, 'Low Tide', now(), ${visibility}, 'ready')
    returning id, title
  `
  return track
}

async function setUp() {
  const [ada, ben] = [await seedActor(sql), await seedActor(sql)]
  return { ada, ben, track: await seedTrack(ada) }
}

describe('preferences', () => {
  test('say of every kind how one is told of it: in the application, and by mail of what was said, waits for an answer, or is about money or safety', async () => {
    const { ada } = await setUp()

    const { status, body, headers } = await getChoices(ada)

    expect({ status, etag: headers.etag }).toEqual({ status: 200, etag: '"0"' })
    expect(Object.keys(body)).toEqual([...notificationKinds])
    expect(Object.values(body).every(({ in_app }) => in_app)).toBe(true)
    const mailed = notificationKinds.filter((kind) => body[kind].email)
    const aboutMoney = ['sale', 'refund', 'payout', 'exclusive_sold', 'offer']
    expect(mailed).toEqual([
      ...['comment', 'comment_reply', 'mention'],
      ...['collaboration_invite', 'split_change', 'playlist_invite'],
      ...['moderation', 'version_withdrawn', 'version_reinstated'],
      ...aboutMoney,
      'webhook',
    ])
  })

  test('change where they are named, and nowhere else', async () => {
    const { ada, ben } = await setUp()

    await choose(ada, { follow: { email: true } })
    const answer = await choose(ada, { follow: { in_app: false }, mention: { email: true } })

    expect(answer).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: {
        follow: { in_app: false, email: true },
        mention: { in_app: true, email: true },
        comment_like: { in_app: true, email: false },
      },
    })
    expect((await getChoices(ada)).body).toEqual(answer.body)
    expect((await getChoices(ben)).body.follow).toEqual({ in_app: true, email: false })
  })

  test('decide what is told from then on', async () => {
    const { ada, ben, track } = await setUp()
    await tell(ada, ben, { kind: 'follow' })

    await choose(ada, { follow: { in_app: false }, track_like: { in_app: false } })
    await tell(ada, ben, { kind: 'track_like', track_id: track.id })
    await tell(ada, ben, { kind: 'track_repost', track_id: track.id })
    await choose(ada, { track_like: { in_app: true } })
    await tell(ada, ben, { kind: 'track_like', track_id: track.id })

    expect(await kindsTold(ada)).toEqual(['follow', 'track_like', 'track_repost'])
  })

  test('honour If-Match', async () => {
    const { ada } = await setUp()

    const first = await choose(ada, { follow: { email: true } }, { 'if-match': '"0"' })
    const stale = await choose(ada, { follow: { email: false } }, { 'if-match': '"0"' })
    const same = await choose(ada, {}, { 'if-match': first.headers.etag! })

    expect(stale).toMatchObject({ status: 412, problem: { code: 'precondition_failed' } })
    expect(same).toMatchObject({ status: 200, headers: { etag: '"1"' }, body: { follow: { email: true } } })
  })

  test('keep every one of many changes at once', async () => {
    const { ada } = await setUp()
    const apis = (await openConnections(4)).map(createSocialApi)

    await Promise.all(
      notificationKinds.map((kind, at) => choose(ada, { [kind]: { in_app: false } }, {}, apis[at % 4])),
    )

    const { body } = await getChoices(ada)
    expect(notificationKinds.filter((kind) => body[kind].in_app)).toEqual([])
  })

  test.each([
    { follow: { sms: true } },
    { follow: { in_app: 'yes' } },
    { follow: null },
    { poke: { in_app: true } },
    { __proto__x: {} },
    [],
  ])('refuse %j', async (body) => {
    const { ada } = await setUp()

    expect(await choose(ada, body)).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  })
})

describe('a track that was muted', () => {
  test('tells nothing of its comments, and all of the rest', async () => {
    const { ada, ben, track } = await setUp()
    const about = { track_id: track.id, comment_id: randomUUID() }

    expect((await mute(ada, track.id)).status).toBe(204)
    for (const kind of ['comment', 'comment_reply', 'comment_like', 'mention', 'track_like'] as const) {
      await tell(ada, ben, { kind, ...about })
    }
    await tell(ada, ben, { kind: 'comment', track_id: (await seedTrack(ada)).id })

    expect(await kindsTold(ada)).toEqual(['comment', 'mention', 'track_like'])
  })

  test('is heard again once it is no more', async () => {
    const { ada, ben, track } = await setUp()

    const answers = [await mute(ada, track.id), await mute(ada, track.id)]
    const freed = [await unmute(ada, track.id), await unmute(ada, track.id)]
    await tell(ada, ben, { kind: 'comment', track_id: track.id })

    expect([...answers, ...freed].map(({ status }) => status)).toEqual([204, 204, 204, 204])
    expect(await kindsTold(ada)).toEqual(['comment'])
  })

  test('must be there to be seen', async () => {
    const { ada, ben } = await setUp()
    const secret = await seedTrack(ada, 'private')

    const answers = [await mute(ben, secret.id), await mute(ben, randomUUID()), await mute(ben, 'x')]

    expect(answers.map(({ status, problem }) => [status, problem.code])).toEqual(
      answers.map(() => [404, 'not_found']),
    )
    expect((await listMuted(ben)).body.data).toEqual([])
  })

  test('is listed, the latest first, in pages, for oneself alone', async () => {
    const { ada, ben } = await setUp()
    const tracks = [await seedTrack(ada), await seedTrack(ada), await seedTrack(ada)]
    for (const track of tracks) await mute(ben, track.id)

    const first = await listMuted(ben, { limit: 2 })
    const second = await listMuted(ben, { limit: 2, cursor: first.body.next_cursor })

    expect(first.body).toMatchObject({ data: [{ track: tracks[2] }, { track: tracks[1] }], has_more: true })
    expect(second.body).toMatchObject({ data: [{ track: tracks[0] }], has_more: false })
    expect((await listMuted(ada)).body.data).toEqual([])
    expect(await listMuted(ada, { cursor: first.body.next_cursor })).toMatchObject({ status: 400 })
  })
})
