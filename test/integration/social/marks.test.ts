import { socialRoutes } from '../../../functions/social/routes.ts'
import { endComments } from '../../../lib/comments/ending.ts'
import { foldCounts } from '../../../lib/counts/counts.ts'
import { createRelationService, endRelations } from '../../../lib/relations/service.ts'
import { findTrack } from '../../../lib/tracks/whole-track.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import {
  block,
  createSocialApi,
  type Person,
  type SocialApi,
  seedPerson,
  seedTrack,
} from '../../support/social.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const api = createSocialApi(sql)

let artist: Person
let ada: Person
let ben: Person
let track: string
beforeEach(async () => {
  artist = await seedPerson(sql)
  ada = await seedPerson(sql)
  ben = await seedPerson(sql)
  track = await seedTrack(sql, artist)
})

const say = async (as: Person, body: string, parent_id?: string, track_id = track) => {
  const answer = await api(socialRoutes.createComment, as, {
    params: { track_id },
    body: { body, parent_id },
  })
  expect(answer.status).toBe(201)
  return answer.body
}
const read = async (as: Person | undefined, comment_id: string) =>
  (await api(socialRoutes.getComment, as, { params: { comment_id } })).body
const like = (as: Person | undefined, comment_id: string, through: SocialApi = api) =>
  through(socialRoutes.likeComment, as, { params: { comment_id } })
const unlike = (as: Person, comment_id: string) =>
  api(socialRoutes.unlikeComment, as, { params: { comment_id } })
const pin = (as: Person, comment_id: string, through: SocialApi = api) =>
  through(socialRoutes.pinComment, as, { params: { comment_id } })
const unpin = (as: Person, comment_id: string) =>
  api(socialRoutes.unpinComment, as, { params: { comment_id } })
const list = async (query = {}) =>
  (await api(socialRoutes.listComments, ada, { params: { track_id: track }, query })).body
const countOf = async (track_id = track) => (await findTrack(sql, track_id, { id: undefined }))?.comment_count

describe('a like', () => {
  test('counts once, however often it is given, and not at all once it is taken back', async () => {
    const { id } = await say(ada, 'Hi')

    for (const _ of [1, 2]) expect((await like(ben, id)).status).toBe(204)
    expect(await read(ben, id)).toMatchObject({ like_count: 1, liked: true })
    expect(await read(ada, id)).toMatchObject({ like_count: 1, liked: false })
    const told = sql`select payload->>'recipient_id' as to from outbox where payload->>'kind' = 'comment_like' and payload->>'comment_id' = ${id}`
    await expect(told).resolves.toEqual([{ to: ada.id }])

    for (const _ of [1, 2]) expect((await unlike(ben, id)).status).toBe(204)
    expect(await read(ben, id)).toMatchObject({ like_count: 0, liked: false })
  })

  test('is refused to guests, of what is not there, and between those whom a block divides', async () => {
    const { id } = await say(ada, 'Hi')
    expect((await like(undefined, id)).status).toBe(401)
    expect((await like(ben, track)).status).toBe(404)

    await block(sql, ada, ben)
    expect((await like(ben, id)).status).toBe(404)
    await block(sql, ben, artist)
    expect((await like(ben, (await say(artist, 'Hello')).id)).status).toBe(404)
  })

  test('of 200 at once by 20 people ends at exactly 20', async () => {
    const { id } = await say(ada, 'Popular')
    const people = await Promise.all(Array.from({ length: 20 }, () => seedPerson(sql)))
    const apis = (await connections(8)).map((one) => createSocialApi(one))

    const likes = Array.from({ length: 200 }, (_, at) => like(people[at % 20]!, id, apis[at % 8]))
    const statuses = (await Promise.all(likes)).map(({ status }) => status)

    expect(new Set(statuses)).toEqual(new Set([204]))
    expect((await read(ada, id)).like_count).toBe(20)
    await foldCounts(sql)
    expect((await read(ada, id)).like_count).toBe(20)
  })
})

describe('a pin', () => {
  test('brings one comment to the front of every order, and its page goes on behind it', async () => {
    const [first, second] = [await say(ada, 'a'), await say(ben, 'b')]
    await say(ada, 'c')
    expect((await pin(artist, first.id)).status).toBe(204)
    expect((await pin(artist, second.id)).status).toBe(204)

    for (const [sort, expected] of [
      ['newest', 'bca'],
      ['oldest', 'bac'],
      ['timestamp', 'bac'],
    ] as const) {
      for (const limit of [1, 2, 3]) {
        let seen = ''
        let cursor: string | null = null
        do {
          const page = await list({ sort, limit, ...(cursor && { cursor }) })
          seen += page.data.map(({ body }) => body).join('')
          cursor = page.next_cursor
        } while (cursor)
        expect(seen).toBe(expected)
      }
    }
    expect((await list()).data.map(({ is_pinned }) => is_pinned)).toEqual([true, false, false])
    for (const _ of [1, 2]) expect((await unpin(artist, second.id)).status).toBe(204)
    expect((await list()).data[0]).toMatchObject({ body: 'c', is_pinned: false })
  })

  test('is for the artist alone, and for what begins a thread', async () => {
    const head = await say(ada, 'Mine')
    const answer = await say(ben, 'Hm', head.id)

    expect((await pin(ada, head.id)).status).toBe(404)
    expect((await pin(artist, answer.id)).problem).toMatchObject({ status: 409, code: 'conflict' })
  })

  test('goes with its comment', async () => {
    const head = await say(ada, 'Mine')
    await say(ben, 'Hm', head.id)
    await pin(artist, head.id)
    await api(socialRoutes.deleteComment, ada, { params: { comment_id: head.id } })

    expect((await pin(artist, head.id)).status).toBe(404)
    expect((await list()).data).toMatchObject([{ is_pinned: false, is_deleted: true }])
  })

  test('of two at once is one', async () => {
    const comments = [await say(ada, 'a'), await say(ben, 'b')]
    const apis = (await connections(2)).map((one) => createSocialApi(one))

    for (let round = 0; round < 5; round += 1) {
      const pins = await Promise.all(comments.map(({ id }, at) => pin(artist, id, apis[at])))
      expect(pins.map(({ status }) => status)).toEqual([204, 204])
      expect((await list()).data.filter(({ is_pinned }) => is_pinned)).toHaveLength(1)
    }
  })
})

describe('the counts of an artist who mutes or blocks somebody', () => {
  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })

  test('lose what that one said there, and get it back', async () => {
    const elsewhere = await seedTrack(sql, ben)
    const second = await seedTrack(sql, artist)
    const head = await say(ben, 'First')
    await say(ada, 'One', head.id)
    await say(ada, 'Two', head.id)
    await say(ada, 'Three')
    await say(ada, 'There', undefined, second)
    await say(ada, 'Elsewhere', undefined, elsewhere)
    const counts = async () => [
      await countOf(),
      await countOf(second),
      await countOf(elsewhere),
      (await read(ben, head.id)).reply_count,
    ]
    expect(await counts()).toEqual([4, 1, 1, 2])

    for (const _ of [1, 2]) await relations.mute(artist, ada.id)
    expect(await counts()).toEqual([1, 0, 1, 0])
    expect((await read(ada, head.id)).reply_count).toBe(2)

    await relations.block(artist, ada.id)
    await relations.unmute(artist, ada.id)
    expect(await counts()).toEqual([1, 0, 1, 0])
    for (const _ of [1, 2]) await relations.unblock(artist, ada.id)
    expect(await counts()).toEqual([4, 1, 1, 2])
  })

  test('take one row for each track and thread, however much was said', async () => {
    await sql`
      insert into comments (track_id, author_id, artist_id, body, is_counted)
      select ${track}, ${ada.id}, ${artist.id}, 'Spam', true from generate_series(1, 2000)
    `
    await sql`insert into count_deltas (subject_id, counter, delta) values (${track}, 'comment_count', 2000)`

    await relations.mute(artist, ada.id)

    expect(await countOf()).toBe(0)
    expect(await sql`select from count_deltas where subject_id = ${track}`).toHaveLength(2)
  })

  test('are exact when comments come while the author is muted', async () => {
    const [one, two, three] = await connections(3)
    const muting = createRelationService({ sql: one!, relay: { flushSoon: async () => {} } })
    const apis = [createSocialApi(two!), createSocialApi(three!)]
    const write = (at: number) =>
      apis[at % 2]!(socialRoutes.createComment, ada, { params: { track_id: track }, body: { body: `${at}` } })

    for (let round = 0; round < 4; round += 1) {
      await Promise.all([write(0), write(1), muting.mute(artist, ada.id), write(2), write(3)])
      expect(await countOf()).toBe(0)
      await Promise.all([write(0), write(1), muting.unmute(artist, ada.id), write(2), write(3)])
      expect(await countOf()).toBe((round + 1) * 8)
    }
  })
})

test('a block takes the likes of the two on what the other said', async () => {
  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })
  const [hers, his] = [await say(ada, 'Hers'), await say(ben, 'His')]
  await like(ben, hers.id)
  await like(ada, his.id)
  await like(artist, hers.id)

  await relations.block(ada, ben.id)

  expect(await read(artist, hers.id)).toMatchObject({ like_count: 1, liked: true })
  expect(await read(artist, his.id)).toMatchObject({ like_count: 0 })
})

test('somebody who is gone leaves what they said, and neither likes nor what it said before', async () => {
  const [hers, his] = [await say(ada, 'Hers'), await say(ben, 'His')]
  await like(ada, his.id)
  await api(socialRoutes.updateComment, ada, {
    params: { comment_id: hers.id },
    body: { body: 'Still hers' },
  })

  await sql.begin((tx) => endComments(tx, ada.id, new Date()))

  expect(await read(artist, hers.id)).toMatchObject({ body: 'Still hers' })
  expect(await read(artist, his.id)).toMatchObject({ like_count: 0 })
  expect(await sql`select from comment_edits where author_id = ${ada.id}`).toHaveLength(0)
})

test('what nobody heard of somebody who is gone stays unheard when the mute goes with them', async () => {
  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })
  await relations.mute(artist, ada.id)
  const { id } = await say(ada, 'Can you hear me?')

  await sql.begin(async (tx) => {
    await endComments(tx, ada.id, new Date())
    await endRelations(tx, ada.id)
  })

  const answer = await api(socialRoutes.getComment, ben, { params: { comment_id: id } })
  expect(answer.status).toBe(404)
  expect((await list()).data.filter((comment) => comment.author?.id !== ada.id)).toEqual([])
  expect(await countOf()).toBe(0)
})
