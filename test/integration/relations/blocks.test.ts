import { userRoutes } from '../../../functions/users/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { addLike, addPublicTrack, createPeople } from '../../support/people.ts'

const { sql } = useDatabase()
const { enter, asGuest, request } = createPeople(sql)

const notFound = { status: 404, problem: { code: 'not_found' } }

const likesOf = async (trackId: string) => {
  const [row] = await sql<[{ rows: number; counted: number }]>`
    select
      (select count(*)::int from track_likes where track_id = ${trackId}) as rows,
      (select coalesce(sum(delta), 0)::int from count_deltas where subject_id = ${trackId}) as counted
  `
  return row
}

test('hides the blocker from the blocked, who is still found by the blocker', async () => {
  const [artist, troll, other] = [await enter(), await enter(), await enter()]

  expect((await artist.does('blockUser', troll)).status).toBe(204)
  expect((await artist.does('blockUser', troll)).status).toBe(204)

  expect(await troll.sees(artist)).toMatchObject(notFound)
  expect(await troll.lists('listFollowers', artist)).toMatchObject(notFound)
  expect(await troll.lists('listFollowing', artist)).toMatchObject(notFound)
  expect(await troll.lists('listUserLikes', artist)).toMatchObject(notFound)
  const { username } = artist
  expect(
    await request(userRoutes.listUserTracks, { params: { username }, token: troll.token }),
  ).toMatchObject(notFound)
  for (const deed of ['followUser', 'unfollowUser', 'blockUser', 'unblockUser', 'muteUser'] as const) {
    expect(await troll.does(deed, artist)).toMatchObject(notFound)
  }
  expect((await artist.sees(troll)).body.relation).toMatchObject({ is_blocked: true, is_followed: false })
  expect((await other.sees(artist)).status).toBe(200)
  expect((await asGuest('getUser', artist)).status).toBe(200)
})

test('cuts the follows of both, with the counts', async () => {
  const [artist, troll, fan] = [await enter(), await enter(), await enter()]
  await troll.does('followUser', artist)
  await artist.does('followUser', troll)
  await fan.does('followUser', artist)

  await artist.does('blockUser', troll)

  expect((await asGuest('getUser', artist)).body).toMatchObject({ follower_count: 1, following_count: 0 })
  expect((await asGuest('getUser', troll)).body).toMatchObject({ follower_count: 0, following_count: 0 })
  expect((await asGuest('listFollowers', artist)).body.data).toMatchObject([{ id: fan.id }])
})

test('takes back the likes that each gave to the tracks of the other, and no others', async () => {
  const [artist, troll, fan] = [await enter(), await enter(), await enter()]
  const [ofArtist, ofTroll, ofFan] = [
    await addPublicTrack(sql, artist.id),
    await addPublicTrack(sql, troll.id, { deleted_at: new Date() }),
    await addPublicTrack(sql, fan.id),
  ]
  await addLike(sql, troll.id, ofArtist)
  await addLike(sql, fan.id, ofArtist)
  await addLike(sql, artist.id, ofTroll)
  await addLike(sql, troll.id, ofFan)

  await artist.does('blockUser', troll)

  expect(await likesOf(ofArtist)).toEqual({ rows: 1, counted: 1 })
  expect(await likesOf(ofTroll)).toEqual({ rows: 0, counted: 0 })
  expect(await likesOf(ofFan)).toEqual({ rows: 1, counted: 1 })
})

test('when it is lifted, both find each other again, and follow each other no longer', async () => {
  const [artist, troll] = [await enter(), await enter()]
  await troll.does('followUser', artist)
  await artist.does('blockUser', troll)

  expect((await artist.does('unblockUser', troll)).status).toBe(204)
  expect((await artist.does('unblockUser', troll)).status).toBe(204)

  expect((await troll.sees(artist)).body).toMatchObject({
    follower_count: 0,
    relation: { is_followed: false, is_blocked: false },
  })
  expect((await troll.does('followUser', artist)).status).toBe(204)
})

test('can be lifted by each of two who have blocked each other', async () => {
  const [one, two] = [await enter(), await enter()]
  await one.does('blockUser', two)
  await sql`insert into blocks ${sql({ blocker_id: two.id, blocked_id: one.id })}`

  expect(await one.sees(two)).toMatchObject(notFound)
  expect((await one.call('listOwnBlocks')).body.data).toMatchObject([{ username: two.username }])
  expect((await one.does('unblockUser', two)).status).toBe(204)
  expect((await two.does('unblockUser', one)).status).toBe(204)
  expect((await one.sees(two)).status).toBe(200)
})

test('whoever is blocked is not found by an old name of the blocker either', async () => {
  const [artist, troll] = [await enter(), await enter()]
  const body = { username: `n${artist.username}` }
  await request(userRoutes.updateOwnUser, { token: artist.token, body })
  expect((await troll.sees(artist)).status).toBe(308)

  await artist.does('blockUser', troll)

  expect(await troll.sees(artist)).toMatchObject(notFound)
})

test('a mute shows to whoever muted, hides nothing of the profile, and is told to nobody', async () => {
  const [listener, bore] = [await enter(), await enter()]

  expect((await listener.does('muteUser', bore)).status).toBe(204)
  expect((await listener.does('muteUser', bore)).status).toBe(204)

  expect((await listener.sees(bore)).body.relation).toMatchObject({ is_muted: true, is_blocked: false })
  expect((await bore.sees(listener)).body.relation).toMatchObject({ is_muted: false })
  expect((await listener.call('listOwnMutes')).body.data).toMatchObject([{ id: bore.id }])
  expect((await bore.call('listOwnMutes')).body.data).toEqual([])
  expect((await listener.does('unmuteUser', bore)).status).toBe(204)
  expect((await listener.does('unmuteUser', bore)).status).toBe(204)
  expect((await listener.call('listOwnMutes')).body.data).toEqual([])
})
