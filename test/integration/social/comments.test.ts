import { randomUUID } from 'node:crypto'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { findTrack } from '../../../lib/tracks/whole-track.ts'
import { useDatabase } from '../../support/database.ts'
import {
  addCollaborator,
  addMaster,
  block,
  createSocialApi,
  mute,
  type Person,
  seedPerson,
  seedTrack,
} from '../../support/social.ts'

const { sql } = useDatabase()
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

const say = (as: Person | undefined, body: object | string, track_id = track) =>
  api(socialRoutes.createComment, as, {
    params: { track_id },
    body: typeof body === 'string' ? { body } : body,
  })
const list = (as: Person | undefined, query = {}, track_id = track) =>
  api(socialRoutes.listComments, as, { params: { track_id }, query })
const replies = (as: Person | undefined, comment_id: string, query = {}) =>
  api(socialRoutes.listReplies, as, { params: { comment_id }, query })
const read = (as: Person | undefined, comment_id: string) =>
  api(socialRoutes.getComment, as, { params: { comment_id } })
const bodiesSeenBy = async (as: Person | undefined) => (await list(as)).body.data.map(({ body }) => body)
const countOf = async (viewer?: Person) => (await findTrack(sql, track, { id: viewer?.id }))?.comment_count

describe('a comment', () => {
  test('is kept with its place in the track and the master that it was made on', async () => {
    const first = await say(ada, { body: '  That bass!  ', timestamp_ms: 61_000 })
    const [version] = await sql`select current_version_id as id from tracks where id = ${track}`
    await addMaster(sql, artist, track, 2)

    expect(first.status).toBe(201)
    expect((await read(undefined, first.body.id)).body).toEqual({
      id: first.body.id,
      track_id: track,
      version_id: version!.id,
      parent_id: null,
      thread_id: null,
      author: { id: ada.id, username: ada.username, display_name: `${ada.username} of Veza` },
      body: 'That bass!',
      timestamp_ms: 61_000,
      like_count: 0,
      reply_count: 0,
      liked: false,
      is_pinned: false,
      is_hidden: false,
      is_deleted: false,
      edited_at: null,
      mentions: [],
      created_at: expect.any(String),
    })
    expect(await countOf()).toBe(1)
  })

  test.each([
    { name: 'an empty one', body: { body: '  ' }, code: 'too_small' },
    {
      name: 'one of zero-width characters',
      body: { body: '\u200b\u200d\ufeff\u2060' },
      code: 'shows_nothing',
    },
    { name: 'one of marks alone', body: { body: '\u0301\u0302' }, code: 'shows_nothing' },
    { name: 'two thousand marks', body: { body: `a${'\u0301'.repeat(1_999)}` }, code: 'too_many_marks' },
    { name: 'text that turns around what follows', body: { body: 'a\u202eb' }, code: 'invalid' },
    { name: '2001 characters', body: { body: '😀'.repeat(2_001) }, code: 'too_big' },
    { name: 'a place before the start', body: { body: 'a', timestamp_ms: -1 }, code: 'too_small' },
    { name: 'a place behind the end', body: { body: 'a', timestamp_ms: 180_001 }, code: 'too_big' },
    { name: 'a place between two', body: { body: 'a', timestamp_ms: 1.5 }, code: 'invalid_type' },
    { name: 'a huge place', body: { body: 'a', timestamp_ms: 1e21 }, code: 'too_big' },
    { name: 'another author', body: { body: 'a', author_id: randomUUID() }, code: 'unknown_field' },
  ])('with $name is refused', async ({ body, code }) => {
    const { status, problem } = await say(ada, body)

    expect(status).toBe(422)
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ code })]))
  })

  test.each([
    { name: 'NUL', body: 'a\u0000b' },
    { name: 'a lone surrogate', body: 'a\ud800b' },
  ])('with $name cannot be read', async ({ body }) => {
    expect((await say(ada, body)).problem).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test.each([
    { name: 'Thai', body: 'ชู้ที่นี่ ปู่ย่า' },
    { name: 'Vietnamese', body: 'Tiếng Việt thật tuyệt' },
    { name: 'Arabic with every mark', body: 'بِسْمِ ٱللَّهِ ٱلرَّحْمَـٰنِ' },
    { name: 'Hebrew with its accents', body: 'בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים' },
    { name: 'Tibetan', body: 'ཧྐྵྨླྺྼྻྂ' },
    { name: 'emoji of a family, a flag and a skin', body: '👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ❤️' },
    { name: '2000 emoji', body: '😀'.repeat(2_000) },
    { name: 'several lines', body: 'one\n\ttwo' },
    { name: 'what would be HTML', body: '<script>alert(1)</script> &amp;' },
  ])('in $name is kept as it is', async ({ body }) => {
    const { status, body: made } = await say(ada, body)

    expect([status, made.body]).toEqual([201, body])
  })

  test('is normalized, so that what looks the same is the same', async () => {
    expect((await say(ada, 'cafe\u0301')).body.body).toBe('café')
  })
})

describe('who may comment', () => {
  test.each([
    { role: 'viewer', status: 403 },
    { role: 'commenter', status: 201 },
    { role: 'editor', status: 201 },
    { role: undefined, status: 404 },
  ])('on a private track a $role gets $status', async ({ role, status }) => {
    const secret = await seedTrack(sql, artist, 'private')
    if (role) await addCollaborator(sql, secret, ada, role)

    expect((await say(ada, 'Hm', secret)).status).toBe(status)
    expect((await list(ada, {}, secret)).status).toBe(role ? 200 : 404)
  })

  test('nobody who was invited and has not accepted', async () => {
    const secret = await seedTrack(sql, artist, 'private')
    await addCollaborator(sql, secret, ada, 'editor')
    await sql`update track_collaborators set status = 'invited' where user_id = ${ada.id}`

    expect((await say(ada, 'Hm', secret)).status).toBe(404)
  })

  test.each([
    { name: 'a collaborator who was removed', gone: () => sql`delete from track_collaborators` },
    {
      name: 'anybody on a deleted track',
      gone: () => sql`update tracks set deleted_at = now() where id = ${track}`,
    },
  ])('not $name', async ({ gone }) => {
    await sql`update tracks set visibility = 'private' where id = ${track}`
    await addCollaborator(sql, track, ada, 'editor')
    const { body } = await say(ada, 'While I may')
    await gone()

    expect((await say(ada, 'Still here')).status).toBe(404)
    expect((await read(ada, body.id)).status).toBe(404)
  })

  test.each([
    { name: 'blocked by the artist', block: () => block(sql, artist, ada) },
    { name: 'who blocked the artist', block: () => block(sql, ada, artist) },
  ])('not somebody $name', async ({ block }) => {
    await block()

    expect((await say(ada, 'Hello')).problem).toMatchObject({ status: 404, code: 'not_found' })
    expect(await countOf()).toBe(0)
  })

  test('a guest is asked to sign in', async () => {
    expect((await say(undefined, 'Hi')).status).toBe(401)
  })
})

describe('an answer', () => {
  test('hangs below the first comment of its thread, whatever it answers', async () => {
    const head = (await say(ada, 'First')).body
    const answer = (await say(ben, { body: 'Second', parent_id: head.id })).body
    const next = (await say(ada, { body: 'Third', parent_id: answer.id })).body

    expect([next.thread_id, next.parent_id]).toEqual([head.id, answer.id])
    const { data } = (await replies(undefined, head.id)).body
    expect(data.map(({ id }) => id)).toEqual([answer.id, next.id])
    expect((await list(undefined)).body.data).toMatchObject([{ id: head.id, reply_count: 2 }])
    expect(await countOf()).toBe(3)
  })

  test.each([
    { name: 'nothing', parent: async () => randomUUID() },
    {
      name: 'a comment on another track',
      parent: async () => (await say(ben, 'There', await seedTrack(sql, artist))).body.id,
    },
    {
      name: 'somebody who blocked its author',
      parent: async () => {
        const { body } = await say(ben, 'Here')
        await block(sql, ben, ada)
        return body.id
      },
    },
  ])('to $name is refused', async ({ parent }) => {
    const parent_id = await parent()

    expect((await say(ada, { body: 'Well', parent_id })).status).toBe(404)
  })

  test('is paged through, each once', async () => {
    const head = (await say(ada, 'First')).body
    for (const body of ['1', '2', '3', '4', '5']) await say(ben, { body, parent_id: head.id })

    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await replies(ada, head.id, { limit: 2, ...(cursor && { cursor }) })
      seen.push(...body.data.map(({ body }) => body))
      cursor = body.next_cursor
    } while (cursor)
    expect(seen).toEqual(['1', '2', '3', '4', '5'])
  })

  test('is counted fifty times when fifty come at once', async () => {
    const head = (await say(ada, 'First')).body

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => say(ben, { body: `${at}`, parent_id: head.id })),
    )

    expect(answers.every(({ status }) => status === 201)).toBe(true)
    expect((await read(ada, head.id)).body.reply_count).toBe(50)
    expect(await countOf()).toBe(51)
  })
})

describe('the list', () => {
  async function sayAll() {
    for (const [body, timestamp_ms] of [['a', 3_000], ['b'], ['c', 1_000], ['d', 3_000], ['e']] as const) {
      await say(ada, { body, ...(timestamp_ms && { timestamp_ms }) })
    }
  }

  test.each([
    { sort: 'newest', expected: 'edcba' },
    { sort: 'oldest', expected: 'abcde' },
    { sort: 'timestamp', expected: 'cadbe' },
  ])('by $sort goes on where a page ends', async ({ sort, expected }) => {
    await sayAll()
    for (const limit of [1, 2, 5, 20]) {
      let seen = ''
      let cursor: string | null = null
      do {
        const { body } = await list(ben, { sort, limit, ...(cursor && { cursor }) })
        seen += body.data.map(({ body }) => body).join('')
        cursor = body.next_cursor
      } while (cursor)
      expect(seen).toBe(expected)
    }
  })

  test.each([
    { name: 'of another track', from: async () => (await seedTrack(sql, artist)) as string, sort: 'newest' },
    { name: 'of another order', from: async () => track, sort: 'oldest' },
  ])('refuses a cursor $name', async ({ from, sort }) => {
    const other = await from()
    for (const body of ['a', 'b']) await say(ada, body, other)
    const cursor = (await list(ada, { limit: 1 }, other)).body.next_cursor

    expect((await list(ada, { cursor, sort })).problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
    })
  })

  test.each([{ sort: 'best' }, { limit: 0 }, { limit: 101 }, { page: 2 }])('refuses %j', async (query) => {
    expect((await list(ada, query)).status).toBe(422)
  })

  test('leaves out whom the reader muted, and those between whom and them is a block, and counts so', async () => {
    const head = (await say(artist, 'Welcome')).body
    await say(ada, 'Hi')
    await say(ada, { body: 'Hi again', parent_id: head.id })
    await say(ben, { body: 'Hello', parent_id: head.id })
    const muter = await seedPerson(sql)
    const blocker = await seedPerson(sql)
    await mute(sql, muter, ada)
    await block(sql, ada, blocker)

    for (const reader of [muter, blocker]) {
      expect(await bodiesSeenBy(reader)).toEqual(['Welcome'])
      expect((await read(reader, head.id)).body.reply_count).toBe(1)
      expect((await replies(reader, head.id)).body.data.map(({ body }) => body)).toEqual(['Hello'])
      expect(await countOf(reader)).toBe(2)
    }
    expect(await bodiesSeenBy(ben)).toEqual(['Hi', 'Welcome'])
    expect(await countOf(ben)).toBe(4)
    expect((await read(ben, head.id)).body.reply_count).toBe(2)
  })

  test('lets somebody whom the artist muted be heard by themselves alone, uncounted', async () => {
    await mute(sql, artist, ada)
    const { body } = await say(ada, 'Can you hear me?')

    expect(await bodiesSeenBy(ada)).toEqual(['Can you hear me?'])
    for (const reader of [artist, ben, undefined]) {
      expect(await bodiesSeenBy(reader)).toEqual([])
      expect((await read(reader, body.id)).status).toBe(404)
    }
    expect([await countOf(), await countOf(artist), await countOf(ada)]).toEqual([0, 0, 1])
    expect(await sql`select from outbox where payload->>'comment_id' = ${body.id}`).toHaveLength(0)
  })

  test('keeps the place of what cannot be read while it has answers that can', async () => {
    const head = (await say(ada, 'Rude')).body
    await say(ben, { body: 'Do not say that', parent_id: head.id })
    const muter = await seedPerson(sql)
    await mute(sql, muter, ada)

    expect((await list(muter)).body.data).toMatchObject([
      { id: head.id, author: null, body: '', is_deleted: true, reply_count: 1 },
    ])
    expect((await replies(muter, head.id)).body.data).toMatchObject([{ body: 'Do not say that' }])
  })
})
