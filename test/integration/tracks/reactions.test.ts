import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { foldCounts } from '../../../lib/counts/counts.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const api = createTrackApi(sql)
const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await api.join('ada')
  ben = await api.join('ben')
})

const { likeTrack, unlikeTrack, repostTrack, unrepostTrack } = trackRoutes
type Deed = typeof likeTrack | typeof unlikeTrack | typeof repostTrack | typeof unrepostTrack
const on = (route: Deed, track_id: string, who = ben, handler = api.handler) =>
  api.request(route, who, { params: { track_id }, handler })
const read = async (track_id: string, who: Actor | undefined = ben) =>
  (await api.request(trackRoutes.getTrack, who, { params: { track_id } })).body
const likers = (track_id: string, who = ben, query = {}) =>
  api.request(trackRoutes.listTrackLikes, who, { params: { track_id }, query })
const happenings = (track_id: string) => sql`
  select payload->>'kind' as kind, payload->>'actor_id' as actor_id, payload->>'recipient_id' as recipient_id
  from outbox where type = 'notification.add' and payload->>'track_id' = ${track_id} order by id
`

describe.each([
  {
    name: 'like',
    add: likeTrack,
    remove: unlikeTrack,
    count: 'like_count',
    mark: 'liked',
    kind: 'track_like',
  },
  {
    name: 'repost',
    add: repostTrack,
    remove: unrepostTrack,
    count: 'repost_count',
    mark: 'reposted',
    kind: 'track_repost',
  },
] as const)('a $name', ({ add, remove, count, mark, kind }) => {
  test('counts once however often it is given, and goes once however often it is taken', async () => {
    const id = await api.createReady(ada)
    for (let n = 0; n < 3; n++) expect(await on(add, id)).toMatchObject({ status: 204, text: '' })
    expect(await read(id)).toMatchObject({ [count]: 1, [mark]: true })
    expect(await read(id, ada)).toMatchObject({ [count]: 1, [mark]: false })
    for (let n = 0; n < 3; n++) expect(await on(remove, id)).toMatchObject({ status: 204 })
    expect(await read(id)).toMatchObject({ [count]: 0, [mark]: false })
  })

  test('is told to the owner, and one of their own is not', async () => {
    const id = await api.createReady(ada)
    await on(add, id)
    await on(add, id)
    await on(add, id, ada)
    expect(await happenings(id)).toEqual([{ kind, actor_id: ben.id, recipient_id: ada.id }])
    expect(await read(id)).toMatchObject({ [count]: 2 })
  })

  test.each([
    { what: 'a private track', make: () => api.createReady(ada, { visibility: 'private' }) },
    { what: 'a draft', make: () => api.createTrack(ada, { visibility: 'public' }) },
    { what: 'an unknown track', make: async () => '00000000-0000-7000-8000-000000000000' },
    { what: 'what is no id', make: async () => 'me' },
  ])('of $what is refused as if there were nothing', async ({ make }) => {
    const id = await make()
    for (const route of [add, remove]) {
      expect(await on(route, id)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    }
  })

  test('can be taken back from what its giver sees no more', async () => {
    const id = await api.createReady(ada)
    await on(add, id)
    await sql`update tracks set visibility = 'private' where id = ${id}`
    expect(await on(remove, id)).toMatchObject({ status: 204 })
    expect(await read(id, ada)).toMatchObject({ [count]: 0 })
    expect(await on(remove, id)).toMatchObject({ status: 404 })
  })

  test('is refused between two of whom one has blocked the other, and a block takes it away', async () => {
    const id = await api.createReady(ada)
    const cleo = await api.join()
    await on(add, id, cleo)
    await on(add, id)
    await relations.block(ada, cleo.id)
    expect(await read(id)).toMatchObject({ [count]: 1 })
    expect(await on(add, id, cleo)).toMatchObject({ status: 404 })

    const dora = await api.join()
    await relations.block(dora, ada.id)
    expect(await on(add, id, dora)).toMatchObject({ status: 404 })
    expect(await read(id)).toMatchObject({ [count]: 1 })
  })

  test('meets a block at the same time in one order or the other, and leaves nothing', async () => {
    const connections = await openConnections(2)
    for (let round = 0; round < 10; round++) {
      const id = await api.createReady(ada)
      const cleo = await api.join()
      const other = createRelationService({ sql: connections[0]!, relay: { flushSoon: async () => {} } })
      await Promise.all([other.block(ada, cleo.id), on(add, id, cleo, api.createHandler(connections[1]!))])
      expect(await read(id)).toMatchObject({ [count]: 0 })
    }
  })

  test('does not wait for whoever changes the track', async () => {
    const id = await api.createReady(ada)
    const [holder] = await openConnections(1)
    await holder!.begin(async (tx) => {
      await tx`select from tracks where id = ${id} for no key update`
      expect(await on(add, id)).toMatchObject({ status: 204 })
      expect(await on(remove, id)).toMatchObject({ status: 204 })
      expect(await on(add, id)).toMatchObject({ status: 204 })
    })
    expect(await read(id)).toMatchObject({ [count]: 1 })
  })

  test('200 at the same time by 100 people end at exactly 100', async () => {
    const id = await api.createReady(ada)
    const crowd = await Promise.all(Array.from({ length: 100 }, () => api.join()))
    const handlers = (await openConnections(8)).map(api.createHandler)
    const calls = [...crowd, ...crowd].map((who, n) => on(add, id, who, handlers[n % handlers.length]))

    const answers = await Promise.all([...calls, foldCounts(sql), foldCounts(sql)])

    expect(answers.filter((one) => typeof one === 'object' && one.status === 204)).toHaveLength(200)
    expect(await read(id)).toMatchObject({ [count]: 100 })
    await foldCounts(sql)
    expect(await read(id)).toMatchObject({ [count]: 100 })
  }, 30_000)

  test('a storm of giving and taking ends at what the rows say', async () => {
    const id = await api.createReady(ada)
    const crowd = await Promise.all(Array.from({ length: 10 }, () => api.join()))
    const handlers = (await openConnections(6)).map(api.createHandler)
    const calls = Array.from({ length: 240 }, (_, n) =>
      on(n % 3 === 2 ? remove : add, id, crowd[n % crowd.length], handlers[n % handlers.length]),
    )

    await Promise.all(calls)

    const table = count === 'like_count' ? 'track_likes' : 'reposts'
    const [rows] = await sql`select count(*)::int as count from ${sql(table)} where track_id = ${id}`
    expect(await read(id)).toMatchObject({ [count]: rows!.count })
  }, 30_000)
})

describe('who likes a track', () => {
  const namesOf = async (id: string, who = ben) =>
    (await likers(id, who, { limit: 100 })).body.data.map((one) => one.username)

  async function likedBy(...people: readonly (Actor & { username?: string })[]) {
    const id = await api.createReady(ada)
    for (const one of people) await on(likeTrack, id, one)
    return id
  }

  test('is told newest first, with when', async () => {
    const [one, two] = [await api.join(), await api.join()]
    const id = await likedBy(one, two)
    const { status, body } = await likers(id)
    expect(status).toBe(200)
    expect(body).toMatchObject({ has_more: false, next_cursor: null })
    expect(body.data.map((liker) => liker.id)).toEqual([two.id, one.id])
    expect(Object.keys(body.data[0]!).toSorted()).toEqual([
      'avatar_url',
      'display_name',
      'id',
      'liked_at',
      'username',
    ])
  })

  test('leaves out who keeps it to themselves, but for themselves', async () => {
    const shy = await api.join()
    await sql`update users set settings = '{"show_likes": false}' where id = ${shy.id}`
    const id = await likedBy(shy, ben)
    expect(await namesOf(id)).toEqual(['ben'])
    expect(await namesOf(id, shy)).toEqual(['ben', shy.username])
    expect((await read(id)).like_count).toBe(2)
  })

  test('leaves out, for each, whom they blocked or muted, and who blocked them', async () => {
    const people = await Promise.all([api.join(), api.join(), api.join()])
    const [blocked, blocker, muted] = people
    const viewer = await api.join()
    const id = await likedBy(...people, ben)
    await relations.block(viewer, blocked!.id)
    await relations.block(blocker!, viewer.id)
    await relations.mute(viewer, muted!.id)
    expect(await namesOf(id, viewer)).toEqual(['ben'])
    expect(await namesOf(id)).toHaveLength(4)
  })

  test('leaves out whose account is about to go', async () => {
    const leaving = await api.join()
    const id = await likedBy(leaving, ben)
    await sql`update users set deletes_at = now() + interval '1 day' where id = ${leaving.id}`
    expect(await namesOf(id)).toEqual(['ben'])
  })

  test('comes in pages that miss nobody while others like it', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => api.join()))
    const id = await likedBy(...people)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body }: Awaited<ReturnType<typeof likers>> = await likers(id, ben, {
        limit: 2,
        ...(cursor && { cursor }),
      })
      seen.push(...body.data.map((one) => one.id))
      cursor = body.next_cursor
      await on(likeTrack, id, await api.join())
    } while (cursor)
    expect(seen).toEqual(people.map((one) => one.id).reverse())
  })

  test('refuses a cursor of another track', async () => {
    const people = [await api.join(), await api.join()]
    const [one, two] = [await likedBy(...people), await likedBy(...people)]
    const { body } = await likers(one!, ben, { limit: 1 })
    expect(await likers(two!, ben, { limit: 1, cursor: body.next_cursor! })).toMatchObject({
      status: 400,
      problem: { code: 'invalid_request' },
    })
  })

  test('is told of no track that the caller may not see', async () => {
    const id = await api.createReady(ada, { visibility: 'private' })
    expect(await likers(id)).toMatchObject({ status: 404 })
  })
})

test('a 304 hides no like', async () => {
  const id = await api.createReady(ada)
  const get = (headers = {}, who: Actor | undefined = undefined) =>
    api.request(trackRoutes.getTrack, who, { params: { track_id: id }, headers })
  const first = await get()
  const etag = { 'if-none-match': first.headers.etag! }
  expect((await get(etag)).status).toBe(304)
  await on(likeTrack, id)
  expect(await get(etag)).toMatchObject({ status: 200, body: { like_count: 1 } })
  const [guest, liker] = [await get(), await get({}, ben)]
  expect(liker.headers.etag).not.toBe(guest.headers.etag)
})
