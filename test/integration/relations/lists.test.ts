import { userRoutes } from '../../../functions/users/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { createPeople, type Somebody } from '../../support/people.ts'

const { sql } = useDatabase()
const { enter, enterMany, asGuest, request } = createPeople(sql)

const names = (answer: { body: { data: { username: string }[] } }) =>
  answer.body.data.map(({ username }) => username)

/** An artist, and so many who follow them, in this order. */
async function setUp(count: number) {
  const artist = await enter()
  const fans: Somebody[] = []
  for (let at = 0; at < count; at++) {
    const fan = await enter()
    await fan.does('followUser', artist)
    fans.push(fan)
  }
  return { artist, fans }
}

test('shows followers newest first, each as the caller stands to them', async () => {
  const { artist, fans } = await setUp(3)
  const [first, second, third] = fans as [Somebody, Somebody, Somebody]
  await first.does('followUser', second)
  await third.does('followUser', first)

  const answer = await first.lists('listFollowers', artist)

  expect(answer.body).toMatchObject({ has_more: false, next_cursor: null })
  expect(answer.body.data).toEqual(
    [
      { ...shownOf(third), is_followed: false, follows_you: true },
      { ...shownOf(second), is_followed: true, follows_you: false },
      { ...shownOf(first), is_followed: false, follows_you: false },
    ].map((card) => ({ ...card, display_name: card.username, avatar_url: null, is_verified: false })),
  )
  expect((await asGuest('listFollowing', third)).body.data.map(({ id }) => id)).toEqual([first.id, artist.id])
  expect(answer.text).not.toContain('@')
})

const shownOf = ({ id, username }: Somebody) => ({ id, username })

test.each(['listFollowers', 'listFollowing'] as const)(
  '%s goes on at the cursor, past who has left since',
  async (list) => {
    const [artist, ...others] = await enterMany(5)
    for (const other of others) {
      if (list === 'listFollowers') await other.does('followUser', artist!)
      else await artist!.does('followUser', other)
    }
    const expected = others.map(({ username }) => username).reverse()

    const first = await asGuest(list, artist!, { limit: 2 })
    await sql`delete from follows where ${others[2]!.id} in (follower_id, followed_id)`
    const rest = await asGuest(list, artist!, { limit: 2, cursor: first.body.next_cursor! })

    expect(first.body.has_more).toBe(true)
    expect([...names(first), ...names(rest)]).toEqual(expected)
    expect(rest.body).toMatchObject({ has_more: false, next_cursor: null })
  },
)

test('leaves out whoever is hidden: from everybody, or by a block from the caller', async () => {
  const { artist, fans } = await setUp(4)
  const [leaving, blocked, blocker, viewer] = fans as [Somebody, Somebody, Somebody, Somebody]
  await sql`update users set deletes_at = now() where id = ${leaving.id}`
  await viewer.does('blockUser', blocked)
  await blocker.does('blockUser', viewer)

  expect(names(await viewer.lists('listFollowers', artist))).toEqual([viewer.username])
  expect(names(await asGuest('listFollowers', artist))).toEqual(
    [viewer, blocker, blocked].map(({ username }) => username),
  )
})

test('shows of the followers those whom the caller follows, where that is asked for', async () => {
  const { artist, fans } = await setUp(4)
  const [first, second, third, viewer] = fans as [Somebody, Somebody, Somebody, Somebody]
  await viewer.does('followUser', third)
  await viewer.does('followUser', first)
  const stranger = await enter()
  await viewer.does('followUser', stranger)

  const mutual = { mutual: 'true' }
  expect(names(await viewer.lists('listFollowers', artist, mutual))).toEqual([third.username, first.username])
  const page = await viewer.lists('listFollowers', artist, { ...mutual, limit: 1 })
  expect(
    names(await viewer.lists('listFollowers', artist, { ...mutual, cursor: page.body.next_cursor! })),
  ).toEqual([first.username])
  expect(names(await second.lists('listFollowers', artist, mutual))).toEqual([])
  expect(await asGuest('listFollowers', artist, mutual)).toMatchObject({
    status: 401,
    problem: { code: 'unauthenticated' },
  })
  expect((await viewer.lists('listFollowers', artist, { mutual: 'perhaps' })).status).toBe(422)
})

test('a private profile shows its lists to nobody else, and its counts neither', async () => {
  const { artist, fans } = await setUp(1)
  const body = { profile_visibility: 'private' }
  await request(userRoutes.updateOwnSettings, { token: artist.token, body })

  for (const list of ['listFollowers', 'listFollowing', 'listUserLikes'] as const) {
    const refused = { status: 404, problem: { code: 'not_found' } }
    expect(await fans[0]!.lists(list, artist)).toMatchObject(refused)
    expect(await asGuest(list, artist)).toMatchObject(refused)
    expect((await artist.lists(list, artist)).status).toBe(200)
  }
  expect(names(await artist.lists('listFollowers', artist))).toEqual([fans[0]!.username])
  expect((await asGuest('getUser', artist)).body).toMatchObject({
    follower_count: null,
    following_count: null,
  })
  expect((await artist.sees(artist)).body).toMatchObject({ follower_count: 1, relation: null })
})

test('refuses the cursor of another list, of another user, and what is none', async () => {
  const { artist, fans } = await setUp(2)
  const [one, two] = fans as [Somebody, Somebody]
  for (const other of [artist, two]) await one.does('followUser', other)
  const own = (await one.lists('listFollowing', one, { limit: 1 })).body.next_cursor!
  const followers = (await asGuest('listFollowers', artist, { limit: 1 })).body.next_cursor!
  const invalid = { status: 400, problem: { code: 'invalid_request' } }

  expect(await asGuest('listFollowers', one, { cursor: own })).toMatchObject(invalid)
  expect(await asGuest('listFollowing', two, { cursor: own })).toMatchObject(invalid)
  expect(await asGuest('listFollowers', one, { cursor: followers })).toMatchObject(invalid)
  expect(await one.lists('listFollowers', artist, { cursor: followers, mutual: 'true' })).toMatchObject(
    invalid,
  )
  expect(await one.call('listOwnBlocks', { query: { cursor: own } })).toMatchObject(invalid)
  expect(await one.call('listOwnLikes', { query: { cursor: own } })).toMatchObject(invalid)
  for (const cursor of ['x', '😀', 'AAAA', `${own}A`]) {
    expect(await asGuest('listFollowing', one, { cursor })).toMatchObject(invalid)
  }
})

test('keeps the query when it leads to the new name', async () => {
  const { artist, fans } = await setUp(1)
  const username = `n${artist.username}`
  await request(userRoutes.updateOwnUser, { token: artist.token, body: { username } })

  const { status, headers } = await fans[0]!.lists('listFollowers', artist, { limit: 7, mutual: 'true' })

  expect(status).toBe(308)
  const { pathname, searchParams } = new URL(headers.location!, 'https://api.example')
  expect(pathname).toBe(`/api/v1/users/${username}/followers`)
  expect(Object.fromEntries(searchParams)).toEqual({ limit: '7', mutual: 'true' })
})

test.each(['listOwnBlocks', 'listOwnMutes'] as const)(
  "%s is one's own, newest first, page by page",
  async (list) => {
    const [user, ...others] = await enterMany(4)
    const deed = list === 'listOwnBlocks' ? 'blockUser' : 'muteUser'
    for (const other of others) await user!.does(deed, other)

    const first = await user!.call(list, { query: { limit: 2 } })
    const rest = await user!.call(list, { query: { limit: 2, cursor: first.body.next_cursor! } })

    expect([...names(first), ...names(rest)]).toEqual(others.map(({ username }) => username).reverse())
    expect((await others[0]!.call(list)).body.data).toEqual([])
    const cursor = first.body.next_cursor!
    expect((await others[0]!.call(list, { query: { cursor } })).status).toBe(400)
    expect((await request(userRoutes[list])).status).toBe(401)
  },
)
