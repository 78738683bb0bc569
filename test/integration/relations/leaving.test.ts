import { personalData } from '../../../lib/exports/personal-data.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useDatabase } from '../../support/database.ts'
import { addLike, addPublicTrack, createPeople } from '../../support/people.ts'

const { sql } = useDatabase()
const { enterMany, asGuest } = createPeople(sql)

/** Somebody who follows, is followed, blocks, mutes and likes. */
async function setUp() {
  const [user, artist, fan, troll] = await enterMany(4)
  await user!.does('followUser', artist!)
  await fan!.does('followUser', user!)
  await fan!.does('followUser', artist!)
  await user!.does('blockUser', troll!)
  await user!.does('muteUser', fan!)
  await artist!.does('muteUser', user!)
  const track = await addPublicTrack(sql, artist!.id)
  await addLike(sql, user!.id, track)
  await addLike(sql, fan!.id, track)
  await sql`insert into reposts ${sql({ user_id: user!.id, track_id: track })}`
  await sql`insert into count_deltas ${sql({ subject_id: track, counter: 'repost_count', delta: 1 })}`
  return { user: user!, artist: artist!, fan: fan!, troll: troll!, track }
}

test('keeps all of it for the days of grace, and shows the user to nobody meanwhile', async () => {
  const { user, artist, fan } = await setUp()
  await sql`update users set deletes_at = now() + interval '30 days' where id = ${user.id}`

  expect((await asGuest('listFollowers', artist)).body.data).toMatchObject([{ id: fan.id }])
  expect((await asGuest('listFollowing', fan)).body.data).toMatchObject([{ id: artist.id }])

  await sql`update users set deletes_at = null where id = ${user.id}`
  expect((await asGuest('listFollowers', artist)).body.data).toHaveLength(2)
  expect((await asGuest('getUser', user)).body).toMatchObject({ follower_count: 1, following_count: 1 })
})

test('takes all of it away with the account, and what others counted of it', async () => {
  const { user, artist, fan, troll, track } = await setUp()
  const now = new Date()
  await sql`update users set deletes_at = ${now} where id = ${user.id}`

  await expect(buryDueAccount(sql, now)).resolves.toBe(1)

  for (const [table, one, other] of [
    ['follows', 'follower_id', 'followed_id'],
    ['blocks', 'blocker_id', 'blocked_id'],
    ['mutes', 'muter_id', 'muted_id'],
  ] as const) {
    const left = await sql`select from ${sql(table)} where ${user.id} in (${sql(one)}, ${sql(other)})`
    expect({ [table]: left.length }).toEqual({ [table]: 0 })
  }
  expect((await asGuest('getUser', artist)).body).toMatchObject({ follower_count: 1, following_count: 0 })
  expect((await asGuest('getUser', fan)).body).toMatchObject({ follower_count: 0, following_count: 1 })
  expect((await asGuest('listUserLikes', fan)).body.data).toMatchObject([
    { id: track, like_count: 1, repost_count: 0 },
  ])
  await expect(sql`select user_id from track_likes where track_id = ${track}`).resolves.toEqual([
    { user_id: fan.id },
  ])
  await expect(sql`select from reposts where user_id = ${user.id}`).resolves.toEqual([])
  const [own] = await sql`
    select coalesce(sum(delta), 0)::int as left from count_deltas where subject_id = ${user.id}
  `
  expect(own).toEqual({ left: 0 })
  expect((await troll.call('listOwnBlocks')).body.data).toEqual([])
})

test.each([
  { file: 'follows.json', of: 'artist' as const },
  { file: 'blocks.json', of: 'troll' as const },
  { file: 'mutes.json', of: 'fan' as const },
])('$file of an export names whom, and nothing of what others did', async ({ file, of }) => {
  const world = await setUp()

  const rows = await personalData[file]!(sql, {
    user_id: world.user.id,
    after: '00000000-0000-0000-0000-000000000000',
    limit: 10,
  })

  expect(rows.map(({ username }) => username)).toEqual([world[of].username])
})

test('track-likes.json of an export names the tracks', async () => {
  const { user, track } = await setUp()
  const place = { user_id: user.id, after: '00000000-0000-0000-0000-000000000000', limit: 10 }

  expect(await personalData['track-likes.json']!(sql, place)).toMatchObject([{ track_id: track }])
})
