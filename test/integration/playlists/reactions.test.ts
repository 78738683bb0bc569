import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { foldCounts } from '../../../lib/counts/counts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createPlaylistsApi } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const request = createPlaylistsApi(sql)

let owner: Actor
let fan: Actor
beforeEach(async () => {
  owner = await seedActor(sql)
  fan = await seedActor(sql)
  await sql`delete from outbox`
})

const create = async (visibility = 'public') =>
  (await request(routes.createPlaylist, { actor: owner, body: { title: 'Slow Waters', visibility } })).body.id
const get = async (playlist_id: string, actor: Actor) =>
  (await request(routes.getPlaylist, { actor, params: { playlist_id } })).body
const told = () => sql<{ payload: unknown }[]>`select payload from outbox order by id`

const kinds = [
  { name: 'like', put: routes.likePlaylist, take: routes.unlikePlaylist, count: 'like_count', mark: 'liked' },
  {
    name: 'follow',
    put: routes.followPlaylist,
    take: routes.unfollowPlaylist,
    count: 'follower_count',
    mark: 'followed',
  },
] as const

describe.each(kinds)('a $name', ({ name, put, take, count, mark }) => {
  const add = (playlist_id: string, actor: Actor) => request(put, { actor, params: { playlist_id } })
  const end = (playlist_id: string, actor: Actor) => request(take, { actor, params: { playlist_id } })

  test('counts once, however often it is sent, and the owner is told', async () => {
    const id = await create()

    for (let i = 0; i < 3; i++) expect(await add(id, fan)).toMatchObject({ status: 204, text: '' })

    expect(await get(id, fan)).toMatchObject({ [count]: 1, [mark]: true, revision: 1 })
    expect(await get(id, owner)).toMatchObject({ [count]: 1, [mark]: false })
    const kind = `playlist_${name}`
    expect(await told()).toEqual([
      { payload: { kind, recipient_id: owner.id, actor_id: fan.id, playlist_id: id } },
    ])
  })

  test('is taken back, as often as you like', async () => {
    const id = await create()
    await add(id, fan)

    for (let i = 0; i < 2; i++) expect(await end(id, fan)).toMatchObject({ status: 204 })
    await foldCounts(sql)

    expect(await get(id, fan)).toMatchObject({ [count]: 0, [mark]: false })
  })

  test('of what is private is refused as if it were not there, but may be taken back', async () => {
    const id = await create()
    await add(id, fan)
    await sql`update playlists set visibility = 'private' where id = ${id}`
    const late = await seedActor(sql)

    expect(await add(id, late)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    expect(await end(id, late)).toMatchObject({ status: 404 })
    expect(await end(id, fan)).toMatchObject({ status: 204 })
    expect(await add(crypto.randomUUID(), fan)).toMatchObject({ status: 404 })
    expect(await get(id, owner)).toMatchObject({ [count]: 0 })
  })

  test.each(['owner', 'fan'])('is refused where the %s has blocked the other', async (blocker) => {
    const id = await create()
    const [one, two] = blocker === 'owner' ? [owner, fan] : [fan, owner]
    await sql`insert into blocks ${sql({ blocker_id: one.id, blocked_id: two.id })}`

    expect(await add(id, fan)).toMatchObject({ status: 404 })
    expect(await get(id, owner)).toMatchObject({ [count]: 0 })
    expect(await told()).toEqual([])
  })

  test('by many at once, some of them more than once, counts each of them once', async () => {
    const id = await create()
    const apis = (await openConnections(8)).map((connection) => createPlaylistsApi(connection))
    const fans = await Promise.all(Array.from({ length: 40 }, () => seedActor(sql)))

    const answers = await Promise.all(
      [...fans, ...fans].map((actor, at) =>
        apis[at % apis.length]!(put, { actor, params: { playlist_id: id } }),
      ),
    )

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(await get(id, owner)).toMatchObject({ [count]: 40 })
    expect(await told()).toHaveLength(40)
  })

  test('that meets the deletion of the playlist is in time or too late, and no failure', async () => {
    const [one, two] = (await openConnections(2)).map((connection) => createPlaylistsApi(connection))
    for (let round = 0; round < 10; round++) {
      const params = { playlist_id: await create() }
      const [added, deleted] = await Promise.all([
        one!(put, { actor: fan, params }),
        two!(routes.deletePlaylist, { actor: owner, params }),
      ])
      expect([204, 404]).toContain(added.status)
      expect(deleted.status).toBe(204)
    }
  })
})

test('you may like what is your own, and are not told of it', async () => {
  const id = await create('private')

  expect(await request(routes.likePlaylist, { actor: owner, params: { playlist_id: id } })).toMatchObject({
    status: 204,
  })
  expect(await told()).toEqual([])
})

test('you need not follow what is your own', async () => {
  const id = await create()

  expect(await request(routes.followPlaylist, { actor: owner, params: { playlist_id: id } })).toMatchObject({
    status: 409,
    problem: { code: 'conflict' },
  })
})
