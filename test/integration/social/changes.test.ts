import { socialRoutes } from '../../../functions/social/routes.ts'
import { findTrack } from '../../../lib/tracks/whole-track.ts'
import { type Clock, createClock } from '../../support/accounts.ts'
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

let clock: Clock
let api: SocialApi
let artist: Person
let ada: Person
let ben: Person
let moderator: Person
let track: string
beforeEach(async () => {
  clock = createClock()
  api = createSocialApi(sql, clock)
  artist = await seedPerson(sql)
  ada = await seedPerson(sql)
  ben = await seedPerson(sql)
  moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  track = await seedTrack(sql, artist)
})

const say = async (as: Person, body: string, parent_id?: string) => {
  const answer = await api(socialRoutes.createComment, as, {
    params: { track_id: track },
    body: { body, parent_id },
  })
  expect(answer.status).toBe(201)
  return answer.body
}
const read = (as: Person | undefined, comment_id: string) =>
  api(socialRoutes.getComment, as, { params: { comment_id } })
const edit = (as: Person, comment_id: string, body: unknown, headers = {}) =>
  api(socialRoutes.updateComment, as, { params: { comment_id }, body: { body }, headers })
const remove = (as: Person | undefined, comment_id: string, { through = api, headers = {} } = {}) =>
  through(socialRoutes.deleteComment, as, { params: { comment_id }, headers })
const threads = async (as?: Person) =>
  (await api(socialRoutes.listComments, as, { params: { track_id: track } })).body.data
const countOf = async () => (await findTrack(sql, track, { id: undefined }))?.comment_count
const rowsLeft = async () => (await sql`select from comments where track_id = ${track}`).length

describe('an edit', () => {
  test('within five minutes does not show, and a later one does', async () => {
    const { id } = await say(ada, 'teh bass')
    clock.advance(300)
    expect((await edit(ada, id, 'the bass')).body).toMatchObject({ body: 'the bass', edited_at: null })

    clock.advance(1)
    expect((await edit(ada, id, 'THE BASS')).body.edited_at).toBe(clock.now().toISOString())
    const earlier = sql`select body from comment_edits where comment_id = ${id} order by id`
    await expect(earlier).resolves.toEqual([{ body: 'teh bass' }, { body: 'the bass' }])
  })

  test('that changes nothing leaves no trace', async () => {
    const { id } = await say(ada, 'Same')
    clock.advance(3_600)

    expect((await edit(ada, id, ' Same ')).body.edited_at).toBeNull()
    expect(await sql`select from comment_edits where comment_id = ${id}`).toHaveLength(0)
  })

  test('is refused after 24 hours', async () => {
    const { id } = await say(ada, 'Then')
    clock.advance(24 * 3_600)
    expect((await edit(ada, id, 'Still')).status).toBe(200)

    clock.advance(1)
    expect((await edit(ada, id, 'Now')).problem).toMatchObject({ status: 409, code: 'edit_window_over' })
  })

  test('of a state that is not the present one is refused', async () => {
    const { id } = await say(ada, 'One')
    const etag = (await read(ada, id)).headers.etag!
    expect((await edit(ada, id, 'Two', { 'if-match': etag })).status).toBe(200)

    expect((await edit(ada, id, 'Three', { 'if-match': etag })).status).toBe(412)
    expect((await remove(ada, id, { headers: { 'if-match': etag } })).status).toBe(412)
    expect((await read(ada, id)).body.body).toBe('Two')
  })

  test('is matched whoever likes the comment meanwhile, while what is shown is read anew', async () => {
    const { id } = await say(ada, 'One')
    const { etag } = (await read(ada, id)).headers
    const again = () =>
      api(socialRoutes.getComment, ada, {
        params: { comment_id: id },
        headers: { 'if-none-match': etag! },
      })
    expect((await again()).status).toBe(304)
    await api(socialRoutes.likeComment, ben, { params: { comment_id: id } })

    expect(await again()).toMatchObject({ status: 200, body: { like_count: 1 } })
    expect((await edit(ada, id, 'Two', { 'if-match': etag })).status).toBe(200)
  })

  test.each([
    { name: 'the artist', who: () => artist },
    { name: 'a moderator', who: () => moderator },
    { name: 'somebody else', who: () => ben },
  ])('by $name is refused', async ({ who }) => {
    const { id } = await say(ada, 'Mine')

    expect((await edit(who(), id, 'Theirs')).status).toBe(404)
  })

  test.each([
    { name: 'was blocked by the artist', out: () => block(sql, artist, ada) },
    {
      name: 'sees the track no more',
      out: () => sql`update tracks set visibility = 'private' where id = ${track}`,
    },
  ])('by an author who $name is refused', async ({ out }) => {
    const { id } = await say(ada, 'Before')
    await out()

    expect((await edit(ada, id, 'After')).status).toBe(404)
  })

  test.each(['', '\u200b', `a${'\u0301'.repeat(1_999)}`, 7, null])('to %j is refused', async (body) => {
    const { id } = await say(ada, 'Fine')

    expect((await edit(ada, id, body)).status).toBe(422)
  })
})

describe('a deletion', () => {
  test('leaves nothing of what nobody answered', async () => {
    const { id } = await say(ada, 'Oops')

    expect((await remove(ada, id)).status).toBe(204)
    expect((await read(ada, id)).status).toBe(404)
    expect((await remove(ada, id)).status).toBe(404)
    expect([await countOf(), await rowsLeft()]).toEqual([0, 0])
  })

  test('leaves a tombstone of what has answers, which goes with the last of them', async () => {
    const head = await say(ada, `Secret of @${ben.username}`)
    const answer = await say(ben, 'Hm', head.id)
    const last = await say(artist, 'Hm?', answer.id)
    await edit(ada, head.id, 'Secret')

    await remove(ada, head.id)
    await remove(ben, answer.id)

    expect(await threads(ada)).toMatchObject([
      { id: head.id, is_deleted: true, body: '', author: null, mentions: [], reply_count: 1 },
    ])
    expect(await countOf()).toBe(1)
    const kept = sql`select body from comments where id = ${head.id} union all select body from comment_edits where comment_id = ${head.id}`
    await expect(kept).resolves.toEqual([{ body: '' }])
    await remove(artist, last.id)
    expect(await threads()).toEqual([])
    expect([await countOf(), await rowsLeft()]).toEqual([0, 0])
  })

  test('of an answer lowers the counts of its thread', async () => {
    const head = await say(ada, 'First')
    const answer = await say(ben, 'Second', head.id)

    await remove(ben, answer.id)

    expect((await read(ada, head.id)).body.reply_count).toBe(0)
    expect(await countOf()).toBe(1)
  })

  test('by the artist takes any comment on their track, without a word in the trail of moderation', async () => {
    const { id } = await say(ada, 'Meh')

    expect((await remove(artist, id)).status).toBe(204)
    expect(await sql`select from audit_events where target = ${`comment:${id}`}`).toHaveLength(0)
  })

  test('by a moderator is written down', async () => {
    const { id } = await say(ada, 'Meh')

    expect((await remove(moderator, id)).status).toBe(204)
    const trail = sql`select action, actor_id, user_id from audit_events where target = ${`comment:${id}`}`
    await expect(trail).resolves.toEqual([
      { action: 'comment.removed', actor_id: moderator.id, user_id: ada.id },
    ])
  })

  test('by anybody else is forbidden, and of what they may not see unknown', async () => {
    const { id } = await say(ada, 'Mine')
    expect((await remove(ben, id)).problem).toMatchObject({ status: 403, code: 'forbidden' })
    expect((await remove(undefined, id)).status).toBe(401)

    await sql`update tracks set visibility = 'private' where id = ${track}`
    expect((await remove(ben, id)).status).toBe(404)
    expect((await remove(moderator, id)).status).toBe(404)
    expect((await remove(ada, id)).status).toBe(204)
  })

  test('that meets answers ends with both or neither', async () => {
    const apis = (await connections(4)).map((one) => createSocialApi(one, clock))
    for (let round = 0; round < 10; round += 1) {
      const head = await say(ada, 'Contested')
      const params = { track_id: track }
      const answer = (at: number) =>
        apis[at]!(socialRoutes.createComment, ben, { params, body: { body: 'Me', parent_id: head.id } })
      const [removed, ...answers] = await Promise.all([
        remove(ada, head.id, { through: apis[0]! }),
        ...[1, 2, 3].map(answer),
      ])

      expect(removed.status).toBe(204)
      const made = answers.filter(({ status }) => status === 201).length
      expect(answers.filter(({ status }) => status === 404)).toHaveLength(3 - made)
      const [row] = await sql`select deleted_at is not null as buried from comments where id = ${head.id}`
      expect(row).toEqual(made > 0 ? { buried: true } : undefined)
      expect(await countOf()).toBe(made)
      await sql`delete from comments where track_id = ${track}`
      await sql`delete from count_deltas`
      await sql`delete from counts`
    }
  })

  test('of the last two answers at once takes the tombstone along', async () => {
    const apis = (await connections(2)).map((one) => createSocialApi(one, clock))
    for (let round = 0; round < 5; round += 1) {
      const head = await say(ada, 'First')
      const answers = [await say(ben, 'One', head.id), await say(artist, 'Two', head.id)]
      await remove(ada, head.id)

      const removed = await Promise.all([
        remove(ben, answers[0]!.id, { through: apis[0]! }),
        remove(artist, answers[1]!.id, { through: apis[1]! }),
      ])

      expect(removed.map(({ status }) => status)).toEqual([204, 204])
      expect([await countOf(), await rowsLeft()]).toEqual([0, 0])
    }
  })
})

describe('the pace', () => {
  let paced: SocialApi
  beforeEach(() => {
    paced = createSocialApi(sql, { ...clock, isPaced: true })
  })
  const post = (as: Person, body: string, track_id = track) =>
    paced(socialRoutes.createComment, as, { params: { track_id }, body: { body } })

  test('is six comments in ten minutes on one track', async () => {
    for (let at = 0; at < 6; at += 1) expect((await post(ada, `${at}`)).status).toBe(201)
    const { problem, headers } = await post(ada, 'One more')

    expect(problem).toMatchObject({ status: 429, code: 'rate_limited' })
    const wait = Number(headers['retry-after'])
    expect(wait).toBeGreaterThan(0)
    expect((await post(ben, 'Me too')).status).toBe(201)
    expect((await post(ada, 'Elsewhere', await seedTrack(sql, artist))).status).toBe(201)
    clock.advance(wait)
    expect((await post(ada, 'Again')).status).toBe(201)
  })

  test('of an account of today is five in an hour, with two links each', async () => {
    const novice = await seedPerson(sql, undefined, { hours: 23 })
    const tracks = [await seedTrack(sql, artist), track]
    const links = 'https://a.example http://b.example'
    const refused = await post(novice, `${links} www.c.example`)
    expect(refused.problem).toMatchObject({ status: 422, errors: [{ code: 'too_many_links' }] })
    expect((await post(ada, `${links} www.c.example`)).status).toBe(201)

    for (let at = 0; at < 5; at += 1) expect((await post(novice, links, tracks[at % 2])).status).toBe(201)
    expect((await post(novice, 'Hi')).status).toBe(429)
  })

  test('is thirty deletions in thirty minutes', async () => {
    const ids: string[] = []
    for (let at = 0; at < 31; at += 1) ids.push((await say(ada, `${at}`)).id)
    const statuses: number[] = []
    for (const id of ids) statuses.push((await remove(ada, id, { through: paced })).status)

    expect(statuses).toEqual([...Array(30).fill(204), 429])
    expect((await remove(artist, ids[30]!, { through: paced })).status).toBe(204)
  })
})
