import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createPlaylistsApi } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const clock = createClock()
const request = createPlaylistsApi(sql, clock.now)

let owner: Actor & { username: string }
let other: Actor
beforeEach(async () => {
  owner = await seedActor(sql)
  other = await seedActor(sql)
})

const create = async (actor: Actor, body: object = {}) => {
  const answer = await request(routes.createPlaylist, { actor, body: { title: 'Slow Waters', ...body } })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}
const get = (playlist_id: string, actor?: Actor) =>
  request(routes.getPlaylist, { actor, params: { playlist_id } })
const patch = (playlist_id: string, actor: Actor, body: object, headers = {}) =>
  request(routes.updatePlaylist, { actor, params: { playlist_id }, body, headers })
const remove = (playlist_id: string, actor: Actor, headers = {}) =>
  request(routes.deletePlaylist, { actor, params: { playlist_id }, headers })
const block = (blocker: Actor, blocked: Actor) =>
  sql`insert into blocks ${sql({ blocker_id: blocker.id, blocked_id: blocked.id })}`

test('creates a playlist that nobody else sees, still empty', async () => {
  const body = await create(owner)

  expect(body).toEqual({
    id: expect.any(String),
    owner: { id: owner.id, username: owner.username, display_name: `${owner.username} of Veza` },
    title: 'Slow Waters',
    description: '',
    visibility: 'private',
    cover_url: null,
    item_count: 0,
    duration_ms: 0,
    like_count: 0,
    follower_count: 0,
    liked: false,
    followed: false,
    access: { edit: true, manage: true },
    revision: 1,
    created_at: clock.now().toISOString(),
    updated_at: clock.now().toISOString(),
  })
  expect(await get(body.id, owner)).toMatchObject({
    status: 200,
    headers: { etag: expect.stringMatching(/^"1-/) },
    body,
  })
  for (const stranger of [other, undefined]) {
    expect(await get(body.id, stranger)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  }
})

test.each(['public', 'unlisted'] as const)(
  'shows a playlist that is %s to whoever has its id',
  async (visibility) => {
    const { id } = await create(owner, { visibility })

    for (const viewer of [other, undefined]) {
      expect(await get(id, viewer)).toMatchObject({
        status: 200,
        body: { visibility, access: { edit: false, manage: false } },
      })
    }
  },
)

test.each([
  { name: 'no title', body: { title: undefined }, pointer: '#/body/title' },
  { name: 'an empty title', body: { title: ' \u3000 ' }, pointer: '#/body/title' },
  { name: 'a title of 201 characters', body: { title: 'x'.repeat(201) }, pointer: '#/body/title' },
  { name: 'a title that turns the writing round', body: { title: 'a\u202eb' }, pointer: '#/body/title' },
  { name: 'a letter with 2000 marks', body: { title: `e${'\u0301'.repeat(2000)}` }, pointer: '#/body/title' },
  { name: 'a title of two lines', body: { title: 'a\nb' }, pointer: '#/body/title' },
  {
    name: 'a description of 5001 characters',
    body: { description: 'x'.repeat(5001) },
    pointer: '#/body/description',
  },
  { name: 'a visibility of tracks', body: { visibility: 'scheduled' }, pointer: '#/body/visibility' },
  { name: 'an owner', body: { owner_id: crypto.randomUUID() }, pointer: '#/body/owner_id' },
  { name: 'a revision', body: { revision: 9 }, pointer: '#/body/revision' },
])('refuses $name', async ({ body, pointer }) => {
  const answer = await request(routes.createPlaylist, { actor: owner, body: { title: 'x', ...body } })

  expect(answer).toMatchObject({ status: 422, problem: { code: 'validation_failed', errors: [{ pointer }] } })
})

test.each([
  { name: 'emoji', text: '🎧🏳️‍🌈👩‍👩‍👧' },
  { name: 'what is written from right to left', text: 'مرحبا بالعالم שלום' },
  { name: 'zero-width characters', text: 'a\u200bb\u200dc' },
  { name: '200 characters outside of the first plane', text: '🎧'.repeat(200) },
])('keeps $name in a title as it came', async ({ text }) => {
  expect((await create(owner, { title: text })).title).toBe(text)
})

test('changes what is sent and nothing else', async () => {
  const { id, ...before } = await create(owner, { description: 'For the evening' })
  clock.advance(60)

  const answer = await patch(id, owner, { title: 'Low Waters', visibility: 'public' })

  expect(answer).toMatchObject({ status: 200, headers: { etag: expect.stringMatching(/^"2-/) } })
  expect(answer.body).toEqual({
    ...before,
    id,
    title: 'Low Waters',
    visibility: 'public',
    revision: 2,
    updated_at: clock.now().toISOString(),
  })
  expect((await patch(id, owner, {})).body.revision).toBe(2)
})

test('refuses a change of what has changed since it was read', async () => {
  const { id } = await create(owner)

  expect(await patch(id, owner, { title: 'One' }, { 'if-match': '"1"' })).toMatchObject({ status: 200 })
  expect(await patch(id, owner, { title: 'Two' }, { 'if-match': '"1"' })).toMatchObject({
    status: 412,
    problem: { code: 'precondition_failed' },
  })
  expect(await remove(id, owner, { 'if-match': '"1"' })).toMatchObject({ status: 412 })
  expect((await get(id, owner)).body.title).toBe('One')
})

test('of two changes that were made of one state, one is refused', async () => {
  const { id } = await create(owner)

  const answers = await Promise.all(
    ['One', 'Two'].map((title) => patch(id, owner, { title }, { 'if-match': '"1"' })),
  )

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
})

test('is changed and deleted by its owner alone', async () => {
  const { id } = await create(owner)
  const open = await create(owner, { visibility: 'public' })

  expect(await patch(id, other, { title: 'Mine' })).toMatchObject({ status: 404 })
  expect(await remove(id, other)).toMatchObject({ status: 404 })
  expect(await patch(open.id, other, { title: 'Mine' })).toMatchObject({
    status: 403,
    problem: { code: 'forbidden' },
  })
  expect(await remove(open.id, other)).toMatchObject({ status: 403 })

  expect(await remove(id, owner, { 'if-match': '"1"' })).toMatchObject({ status: 204, text: '' })
  expect(await get(id, owner)).toMatchObject({ status: 404 })
  expect(await remove(id, owner)).toMatchObject({ status: 404 })
})

test('is not found by whom a block parts from its owner, in either direction', async () => {
  const { id } = await create(owner, { visibility: 'public' })
  const third = await seedActor(sql)
  await block(owner, other)
  await block(third, owner)

  for (const viewer of [other, third]) expect(await get(id, viewer)).toMatchObject({ status: 404 })
  expect(await get(id)).toMatchObject({ status: 200 })
})

test('is not found while its owner is about to be deleted', async () => {
  const { id } = await create(owner, { visibility: 'public' })
  await sql`update users set deletes_at = now() + interval '1 day' where id = ${owner.id}`

  expect(await get(id, other)).toMatchObject({ status: 404 })
  expect(await get(id, owner)).toMatchObject({ status: 200 })
})

describe('the list of your own', () => {
  const list = (actor: Actor, query: Record<string, string | number> = {}) =>
    request(routes.listPlaylists, { actor, query })
  const titles = ({ body }: Awaited<ReturnType<typeof list>>) => body.data.map(({ title }) => title)

  /** One of each kind, in the order of their making. */
  const fill = async () => {
    await create(owner, { title: 'Owned' })
    const shared = await create(other, { title: 'Shared' })
    const row = { playlist_id: shared.id, user_id: owner.id }
    await sql`insert into playlist_collaborators ${sql({ ...row, role: 'viewer' })}`
    await sql`insert into playlist_follows ${sql(row)}`
    const followed = await create(other, { title: 'Followed', visibility: 'public' })
    await sql`insert into playlist_follows ${sql({ playlist_id: followed.id, user_id: owner.id })}`
    await create(other, { title: 'Neither', visibility: 'public' })
    return { followed, shared }
  }

  test('holds what you made, work on and follow, once each and newest first', async () => {
    await fill()

    expect(titles(await list(owner))).toEqual(['Followed', 'Shared', 'Owned'])
    expect(titles(await list(owner, { filter: 'owned' }))).toEqual(['Owned'])
    expect(titles(await list(owner, { filter: 'shared' }))).toEqual(['Shared'])
    expect(titles(await list(owner, { filter: 'followed' }))).toEqual(['Followed', 'Shared'])
  })

  test('leaves out what you may not see any more', async () => {
    const { followed } = await fill()
    await patch(followed.id, other, { visibility: 'private' })
    expect(titles(await list(owner))).toEqual(['Shared', 'Owned'])

    await block(other, owner)
    expect(titles(await list(owner))).toEqual(['Owned'])
  })

  test('is walked by its cursor, which no other list takes', async () => {
    for (const title of ['One', 'Two', 'Three']) await create(owner, { title })
    await fill()

    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await list(owner, { limit: 2, ...(cursor !== null && { cursor }) })
      seen.push(...titles(page))
      cursor = page.body.next_cursor
      expect(page.body.has_more).toBe(cursor !== null)
      if (cursor !== null) {
        expect(await list(owner, { filter: 'owned', cursor })).toMatchObject({
          status: 400,
          problem: { code: 'invalid_request' },
        })
      }
    } while (cursor !== null)

    expect(seen).toEqual(['Followed', 'Shared', 'Owned', 'Three', 'Two', 'One'])
  })

  test.each([{ filter: 'mine' }, { limit: 0 }, { limit: 101 }, { q: 'x' }])('refuses %j', async (query) => {
    expect(await list(owner, query as Record<string, string>)).toMatchObject({ status: 422 })
  })
})
