import { randomUUID } from 'node:crypto'
import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { type ItemCalls, itemsOf, join } from '../../support/playlist-items.ts'
import { createPlaylistsApi, seedTracks } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const clock = createClock()
const request = createPlaylistsApi(sql, clock.now)
const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })

type Person = Actor & { username: string }
let owner: Person
let friend: Person
let playlist_id: string
let items: ItemCalls
beforeEach(async () => {
  owner = await seedActor(sql)
  friend = await seedActor(sql)
  playlist_id = await create()
  items = itemsOf(request, playlist_id, owner)
  await sql`delete from outbox`
})

const create = async (visibility = 'private') =>
  (await request(routes.createPlaylist, { actor: owner, body: { title: 'Slow Waters', visibility } })).body.id
const put = (user_id: string, role: string, actor: Actor = owner) =>
  request(routes.putPlaylistCollaborator, { actor, params: { playlist_id, user_id }, body: { role } })
const remove = (user_id: string, actor: Actor = owner) =>
  request(routes.removePlaylistCollaborator, { actor, params: { playlist_id, user_id } })
const list = (actor: Actor = owner, query = {}) =>
  request(routes.listPlaylistCollaborators, { actor, params: { playlist_id }, query })
const rolesOf = async (actor: Actor = owner) =>
  (await list(actor)).body.data.map(({ user, role }) => [user.id, role])
const get = (actor: Actor) => request(routes.getPlaylist, { actor, params: { playlist_id } })
const told = async () =>
  (await sql<{ payload: object }[]>`select payload from outbox order by id`).map(({ payload }) => payload)
const personOf = ({ id, username }: Person) => ({ id, username, display_name: `${username} of Veza` })

test('the owner lets somebody in, who is told and sees it from then on', async () => {
  expect(await get(friend)).toMatchObject({ status: 404 })

  expect(await put(friend.id, 'viewer')).toMatchObject({ status: 204, text: '' })

  expect(await get(friend)).toMatchObject({ status: 200, body: { access: { edit: false, manage: false } } })
  expect((await list(friend)).body).toEqual({
    data: [
      { user: personOf(owner), role: 'owner', created_at: clock.now().toISOString() },
      { user: personOf(friend), role: 'viewer', created_at: clock.now().toISOString() },
    ],
    has_more: false,
    next_cursor: null,
  })
  expect(await told()).toEqual([
    { kind: 'playlist_invite', recipient_id: friend.id, actor_id: owner.id, playlist_id },
  ])
})

test('a role is changed without another invitation', async () => {
  await put(friend.id, 'viewer')
  await put(friend.id.toUpperCase(), 'editor')

  expect(await rolesOf()).toEqual([
    [owner.id, 'owner'],
    [friend.id, 'editor'],
  ])
  expect((await get(friend)).body.access).toEqual({ edit: true, manage: false })
  expect(await told()).toHaveLength(1)
})

test('what an editor may is no more than the items', async () => {
  await join(sql, playlist_id, friend, 'editor')
  const third = await seedActor(sql)
  const params = { playlist_id }

  const answers = [
    await request(routes.updatePlaylist, { actor: friend, params, body: { title: 'Mine' } }),
    await request(routes.deletePlaylist, { actor: friend, params }),
    await put(third.id, 'viewer', friend),
    await put(friend.id, 'owner', friend),
    await remove(owner.id, friend),
    await request(routes.createInviteLink, { actor: friend, params, body: {} }),
    await request(routes.listInviteLinks, { actor: friend, params }),
  ]

  expect(answers.map(({ status, problem }) => [status, problem.code])).toEqual(
    Array(answers.length).fill([403, 'forbidden']),
  )
})

test('who has no part in it does not learn who has', async () => {
  expect(await list(friend)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  await sql`update playlists set visibility = 'public' where id = ${playlist_id}`
  expect(await list(friend)).toMatchObject({ status: 403, problem: { code: 'forbidden' } })
})

test('is put out by the owner, or leaves', async () => {
  await join(sql, playlist_id, friend, 'editor')
  const third = await seedActor(sql)
  await join(sql, playlist_id, third, 'viewer')

  expect(await remove(friend.id, third)).toMatchObject({ status: 403 })
  expect(await remove(friend.id)).toMatchObject({ status: 204 })
  expect(await remove(friend.id)).toMatchObject({ status: 204 })
  expect(await remove(third.id, third)).toMatchObject({ status: 204 })

  expect(await rolesOf()).toEqual([[owner.id, 'owner']])
  expect(await get(friend)).toMatchObject({ status: 404 })
  expect(await remove(friend.id, friend)).toMatchObject({ status: 404 })
})

test('what they added stays when they are put out', async () => {
  await join(sql, playlist_id, friend, 'editor')
  const [track] = await seedTracks(sql, friend.id, 1)
  await items.add(track!, {}, friend)
  await remove(friend.id)

  expect((await items.list()).body.data).toMatchObject([{ added_by: { id: friend.id } }])
})

describe('handing over', () => {
  test('makes a collaborator the owner, and the owner an editor', async () => {
    await join(sql, playlist_id, friend, 'editor')
    await sql`insert into playlist_follows ${sql({ playlist_id, user_id: friend.id })}`

    expect(await put(friend.id, 'owner')).toMatchObject({ status: 204 })

    expect((await get(friend)).body).toMatchObject({
      owner: { id: friend.id },
      access: { edit: true, manage: true },
      followed: false,
      revision: 2,
    })
    expect((await get(owner)).body.access).toEqual({ edit: true, manage: false })
    expect(await rolesOf(friend)).toEqual([
      [friend.id, 'owner'],
      [owner.id, 'editor'],
    ])
  })

  test('goes to a collaborator only', async () => {
    expect(await put(friend.id, 'owner')).toMatchObject({ status: 409, problem: { code: 'conflict' } })
  })

  test('to oneself changes nothing, and the owner takes no lesser role nor leaves', async () => {
    expect(await put(owner.id, 'owner')).toMatchObject({ status: 204 })
    expect(await put(owner.id, 'editor')).toMatchObject({ status: 409, problem: { code: 'conflict' } })
    expect(await remove(owner.id)).toMatchObject({ status: 409, problem: { code: 'conflict' } })
    expect((await get(owner)).body.revision).toBe(1)
  })

  test('puts those out whom the new owner has blocked, or is blocked by', async () => {
    const [third, fourth] = [await seedActor(sql), await seedActor(sql)]
    for (const person of [friend, third, fourth]) await join(sql, playlist_id, person, 'editor')
    for (const person of [third, fourth]) {
      await request(routes.likePlaylist, { actor: person, params: { playlist_id } })
    }
    await relations.block(friend, third.id)
    await relations.block(fourth, friend.id)

    await put(friend.id, 'owner')

    expect(await rolesOf(friend)).toEqual([
      [friend.id, 'owner'],
      [owner.id, 'editor'],
    ])
    expect((await get(friend)).body.like_count).toBe(0)
    for (const person of [third, fourth]) expect(await get(person)).toMatchObject({ status: 404 })
  })

  test('to two at once leaves one owner', async () => {
    const third = await seedActor(sql)
    for (const person of [friend, third]) await join(sql, playlist_id, person, 'viewer')
    const apis = (await openConnections(2)).map((connection) => createPlaylistsApi(connection))

    const answers = await Promise.all(
      [friend, third].map(({ id }, at) =>
        apis[at]!(routes.putPlaylistCollaborator, {
          actor: owner,
          params: { playlist_id, user_id: id },
          body: { role: 'owner' },
        }),
      ),
    )

    expect(answers.map(({ status }) => status).sort()).toEqual([204, 403])
    const roles = await rolesOf(friend)
    expect(roles.map(([, role]) => role).sort()).toEqual(['editor', 'owner', 'viewer'])
  })
})

test.each([
  { name: 'nobody', id: async () => randomUUID() },
  {
    name: 'somebody who is about to be deleted',
    id: async () => {
      await sql`update users set deletes_at = now() where id = ${friend.id}`
      return friend.id
    },
  },
  {
    name: 'somebody who has blocked the owner',
    id: async () => {
      await relations.block(friend, owner.id)
      return friend.id
    },
  },
  {
    name: 'somebody whom the owner has blocked',
    id: async () => {
      await relations.block(owner, friend.id)
      return friend.id
    },
  },
])('$name cannot be let in', async ({ id }) => {
  expect(await put(await id(), 'editor')).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  expect(await rolesOf()).toEqual([[owner.id, 'owner']])
  expect(await told()).toEqual([])
})

test('a block between the two ends the part, the like and the follow of each in the playlists of the other', async () => {
  const theirs = (await request(routes.createPlaylist, { actor: friend, body: { title: 'Theirs' } })).body.id
  await join(sql, playlist_id, friend, 'editor')
  await join(sql, theirs, owner, 'viewer')
  const third = await seedActor(sql)
  await join(sql, playlist_id, third, 'editor')
  for (const actor of [friend, third]) {
    await request(routes.likePlaylist, { actor, params: { playlist_id } })
    await request(routes.followPlaylist, { actor, params: { playlist_id } })
  }

  await relations.block(friend, owner.id)

  expect(await rolesOf()).toEqual([
    [owner.id, 'owner'],
    [third.id, 'editor'],
  ])
  expect((await get(owner)).body).toMatchObject({ like_count: 1, follower_count: 1 })
  expect(await get(friend)).toMatchObject({ status: 404 })
  expect(await request(routes.getPlaylist, { actor: owner, params: { playlist_id: theirs } })).toMatchObject({
    status: 404,
  })
  await relations.unblock(friend, owner.id)
  expect(await get(friend)).toMatchObject({ status: 404 })
})

test('a block that meets an invitation leaves nobody in', async () => {
  const [one, two] = await openConnections(2)
  const api = createPlaylistsApi(one!)
  const blocking = createRelationService({ sql: two!, relay: { flushSoon: async () => {} } })
  for (let round = 0; round < 10; round++) {
    const guest = await seedActor(sql)

    const [invited] = await Promise.all([
      api(routes.putPlaylistCollaborator, {
        actor: owner,
        params: { playlist_id, user_id: guest.id },
        body: { role: 'editor' },
      }),
      blocking.block(guest, owner.id),
    ])

    expect([204, 404]).toContain(invited.status)
    expect(await rolesOf()).toEqual([[owner.id, 'owner']])
  }
})

test('collaborators between whom there is a block do not find each other in the list', async () => {
  const third = await seedActor(sql)
  for (const person of [friend, third]) await join(sql, playlist_id, person, 'editor')
  await relations.block(friend, third.id)

  expect((await rolesOf(third)).map(([id]) => id)).toEqual([owner.id, third.id])
  expect((await rolesOf(friend)).map(([id]) => id)).toEqual([owner.id, friend.id])
  expect((await rolesOf()).map(([id]) => id)).toEqual([owner.id, friend.id, third.id])
})

test('there are 50 at most, however many are let in at once', async () => {
  const people = await Promise.all(Array.from({ length: 52 }, () => seedActor(sql)))
  const apis = (await openConnections(4)).map((connection) => createPlaylistsApi(connection))

  const answers = await Promise.all(
    people.map(({ id }, at) =>
      apis[at % 4]!(routes.putPlaylistCollaborator, {
        actor: owner,
        params: { playlist_id, user_id: id },
        body: { role: 'viewer' },
      }),
    ),
  )

  const refused = answers.filter(({ status }) => status !== 204)
  expect(refused.map(({ problem }) => problem.code)).toEqual(Array(2).fill('too_many_collaborators'))
  const first = (await list(owner, { limit: 30 })).body
  const rest = (await list(owner, { limit: 30, cursor: first.next_cursor! })).body
  expect([first.data.length, rest.data.length, rest.has_more]).toEqual([30, 21, false])
  expect(await put(rest.data[0]!.user.id, 'editor')).toMatchObject({ status: 204 })
})

test.each([{ role: 'admin' }, { role: null }, {}, { role: 'editor', since: 1 }])(
  'refuses the role %j',
  async (body) => {
    const params = { playlist_id, user_id: friend.id }
    expect(await request(routes.putPlaylistCollaborator, { actor: owner, params, body })).toMatchObject({
      status: 422,
    })
  },
)
