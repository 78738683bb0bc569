import { userRoutes } from '../../../functions/users/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { createPeople } from '../../support/people.ts'

const { sql } = useDatabase()
const { enter, asGuest } = createPeople(sql)

const notFound = { status: 404, problem: { code: 'not_found' } }

test('counts on both sides, once, and shows on the profile', async () => {
  const [fan, artist] = [await enter(), await enter()]

  expect((await fan.does('followUser', artist)).status).toBe(204)
  expect((await fan.does('followUser', artist)).status).toBe(204)

  const { body } = await fan.sees(artist)
  expect(body).toMatchObject({ follower_count: 1, following_count: 0, track_count: 0 })
  expect(body.relation).toEqual({
    is_followed: true,
    follows_you: false,
    is_blocked: false,
    is_muted: false,
  })
  expect((await artist.sees(fan)).body).toMatchObject({
    following_count: 1,
    relation: { is_followed: false, follows_you: true },
  })
})

test('is told to whom it concerns, once', async () => {
  const people = createPeople(sql)
  const [fan, artist] = [await people.enter(), await people.enter()]

  await fan.does('followUser', artist)
  await fan.does('followUser', artist)

  const events = people.postbox.queued
    .map((text) => JSON.parse(text))
    .filter(({ type }) => type === 'notification.add')
  expect(events.map(({ payload }) => payload)).toEqual([
    { kind: 'follow', recipient_id: artist.id, actor_id: fan.id },
  ])
})

test('can be taken back, as often as one likes', async () => {
  const [fan, artist] = [await enter(), await enter()]
  await fan.does('followUser', artist)

  expect((await fan.does('unfollowUser', artist)).status).toBe(204)
  expect((await fan.does('unfollowUser', artist)).status).toBe(204)

  expect((await fan.sees(artist)).body).toMatchObject({ follower_count: 0, relation: { is_followed: false } })
  expect((await asGuest('getUser', fan)).body).toMatchObject({ following_count: 0, relation: null })
})

test('gives the profile another entity tag, for whoever sees something else', async () => {
  const [fan, artist] = [await enter(), await enter()]
  const tagFor = async (who: typeof fan) => (await who.sees(artist)).headers.etag!
  const before = { fan: await tagFor(fan), artist: await tagFor(artist) }

  await fan.does('followUser', artist)
  const followed = await tagFor(fan)

  expect(followed).not.toBe(before.fan)
  expect(await tagFor(artist)).not.toBe(before.artist)
  await fan.does('muteUser', artist)
  expect(await tagFor(fan)).not.toBe(followed)
  const unchanged = await fan.call('getUser', {
    params: { username: artist.username },
    headers: { 'if-none-match': await tagFor(fan) },
  })
  expect(unchanged.status).toBe(304)
})

test.each(['followUser', 'blockUser', 'muteUser'] as const)('refuses to %s oneself', async (deed) => {
  const user = await enter()

  expect(await user.does(deed, user)).toMatchObject({ status: 409, problem: { code: 'own_account' } })
})

const deeds = ['followUser', 'unfollowUser', 'blockUser', 'unblockUser', 'muteUser', 'unmuteUser'] as const

test.each(deeds)('%s finds nobody of a name that nobody has, and asks for a user', async (deed) => {
  const people = createPeople(sql)
  const user = await people.enter()

  for (const username of ['nobody_here', '%', 'a b', '😀', '__proto__', 'x'.repeat(30)]) {
    expect(await user.does(deed, { username })).toMatchObject(notFound)
  }
  const asNobody = await people.request(userRoutes[deed], { params: { username: user.username } })
  expect(asNobody.status).toBe(401)
})

test.each(deeds)('%s leads by the old name of a user to the new one', async (deed) => {
  const people = createPeople(sql)
  const [user, other] = [await people.enter(), await people.enter()]
  const username = `n${other.username}`
  await people.request(userRoutes.updateOwnUser, { token: other.token, body: { username } })

  const answer = await user.does(deed, other)

  const [, rest] = userRoutes[deed].path.split('{username}')
  expect(answer).toMatchObject({ status: 308, headers: { location: `/api/v1/users/${username}${rest}` } })
})

test.each([
  { name: 'who has not verified their address', state: { email_verified_at: null } },
  { name: 'about to be deleted', state: { deletes_at: new Date() } },
  { name: 'deleted', state: { deleted_at: new Date() } },
])('cannot reach a user $name', async ({ state }) => {
  const [fan, artist] = [await enter(), await enter()]
  await sql`update users set ${sql(state)} where id = ${artist.id}`

  for (const deed of ['followUser', 'blockUser', 'muteUser'] as const) {
    expect(await fan.does(deed, artist)).toMatchObject(notFound)
  }
})

test('can be taken back from somebody who is about to leave', async () => {
  const [fan, artist] = [await enter(), await enter()]
  await fan.does('followUser', artist)
  await sql`update users set deletes_at = now() where id = ${artist.id}`

  expect((await fan.does('unfollowUser', artist)).status).toBe(204)

  expect((await asGuest('getUser', fan)).body.following_count).toBe(0)
  expect(await fan.does('unfollowUser', artist)).toMatchObject(notFound)
})
