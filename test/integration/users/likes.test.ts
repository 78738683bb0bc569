import { userRoutes } from '../../../functions/users/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { addLike, addPublicTrack, createPeople, type Somebody } from '../../support/people.ts'

const { sql } = useDatabase()
const { enter, asGuest, request } = createPeople(sql)

const notFound = { status: 404, problem: { code: 'not_found' } }

const ids = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id)

/** Somebody who likes three tracks of an artist, in this order. */
async function setUp() {
  const [artist, fan] = [await enter(), await enter()]
  const tracks: string[] = []
  for (const title of ['Low Tide', 'High Tide', 'Slack Water']) {
    const id = await addPublicTrack(sql, artist.id, { title })
    await addLike(sql, fan.id, id)
    tracks.push(id)
  }
  return { artist, fan, tracks: tracks as [string, string, string] }
}

const own = (who: Somebody, query = {}) => who.call('listOwnLikes', { query })
const set = (who: Somebody, body: object) => request(userRoutes.updateOwnSettings, { token: who.token, body })

test('lists what one likes, newest like first, page by page', async () => {
  const { fan, tracks } = await setUp()

  const first = await own(fan, { limit: 2 })
  const rest = await own(fan, { limit: 2, cursor: first.body.next_cursor! })

  expect([...ids(first), ...ids(rest)]).toEqual(tracks.toReversed())
  expect(first.body.data[0]).toMatchObject({ title: 'Slack Water', liked: true, like_count: 1 })
  expect(Date.parse(first.body.data[0]!.liked_at)).not.toBeNaN()
  expect(rest.body).toMatchObject({ has_more: false, next_cursor: null })
})

test('shows others what they may come upon, as they stand to it', async () => {
  const { artist, fan, tracks } = await setUp()
  await sql`update tracks set visibility = 'unlisted' where id = ${tracks[1]}`

  const seen = await artist.lists('listUserLikes', fan)

  expect(ids(seen)).toEqual([tracks[2], tracks[0]])
  expect(seen.body.data[0]).toMatchObject({ liked: false, access: { edit: true } })
  expect(ids(await asGuest('listUserLikes', fan))).toEqual([tracks[2], tracks[0]])
  expect(ids(await fan.lists('listUserLikes', fan))).toEqual(tracks.toReversed())
})

test.each([
  { name: 'deleted', state: { deleted_at: new Date() } },
  { name: 'made private', state: { visibility: 'private' } },
  { name: 'in the works again', state: { status: 'processing' } },
])('leaves out a track that was $name', async ({ state }) => {
  const { fan, tracks } = await setUp()
  await sql`update tracks set ${sql(state)} where id = ${tracks[1]}`

  expect(ids(await own(fan))).toEqual([tracks[2], tracks[0]])
  expect(ids(await asGuest('listUserLikes', fan))).toEqual([tracks[2], tracks[0]])
})

test('leaves out the tracks of whoever has blocked the caller, or is about to leave', async () => {
  const { artist, fan } = await setUp()
  const other = await enter()
  await artist.does('blockUser', other)

  expect(ids(await other.lists('listUserLikes', fan))).toEqual([])
  await sql`update users set deletes_at = now() where id = ${artist.id}`
  expect(ids(await own(fan))).toEqual([])
})

test('is shown to nobody else where the user hides it, or has a private profile', async () => {
  const { artist, fan, tracks } = await setUp()

  await set(fan, { show_likes: false })
  expect(await asGuest('listUserLikes', fan)).toMatchObject(notFound)
  expect(await artist.lists('listUserLikes', fan)).toMatchObject(notFound)
  expect(ids(await fan.lists('listUserLikes', fan))).toEqual(tracks.toReversed())

  await set(fan, { show_likes: true, profile_visibility: 'private' })
  expect(await asGuest('listUserLikes', fan)).toMatchObject(notFound)
  await set(fan, { profile_visibility: 'public' })
  expect((await asGuest('listUserLikes', fan)).status).toBe(200)
})

test('refuses the cursor of somebody else', async () => {
  const { fan } = await setUp()
  const other = await enter()
  const cursor = (await own(fan, { limit: 1 })).body.next_cursor!

  expect((await own(other, { cursor })).status).toBe(400)
  expect((await asGuest('listUserLikes', other, { cursor })).status).toBe(400)
  expect((await asGuest('listUserLikes', fan, { cursor })).status).toBe(200)
})
