import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { deleteExpiredInviteLinks } from '../../../lib/playlists/invites-expiry.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { join as letIn } from '../../support/playlist-items.ts'
import { createPlaylistsApi } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const clock = createClock()
const request = createPlaylistsApi(sql, clock.now)
const days = 24 * 60 * 60

let owner: Actor
let guest: Actor
let playlist_id: string
beforeEach(async () => {
  owner = await seedActor(sql)
  guest = await seedActor(sql)
  playlist_id = (await request(routes.createPlaylist, { actor: owner, body: { title: 'Slow Waters' } })).body
    .id
  await sql`delete from outbox`
})

const create = (body: object | undefined = {}, actor: Actor = owner) =>
  request(routes.createInviteLink, { actor, params: { playlist_id }, ...(body && { body }) })
const list = (query = {}, actor: Actor = owner) =>
  request(routes.listInviteLinks, { actor, params: { playlist_id }, query })
const revoke = (link_id: string, actor: Actor = owner) =>
  request(routes.revokeInviteLink, { actor, params: { playlist_id, link_id } })
const join = (token: string, actor: Actor = guest) =>
  request(routes.joinPlaylist, { actor, params: { token } })
const roleOf = async ({ id }: Actor) =>
  (
    await sql`select role from playlist_collaborators where playlist_id = ${playlist_id} and user_id = ${id}`
  )[0]?.role
const soon = (seconds: number) => new Date(clock.now().getTime() + seconds * 1_000).toISOString()
const unknown = { status: 404, problem: { code: 'not_found' } }

test('whoever has the token joins, and the owner is told', async () => {
  const link = await create({ role: 'editor' })
  expect(link).toMatchObject({
    status: 201,
    headers: { 'cache-control': 'no-store' },
    body: {
      role: 'editor',
      max_uses: null,
      use_count: 0,
      expires_at: soon(7 * days),
      created_at: clock.now().toISOString(),
      token: expect.stringMatching(/^[\w-]{43}$/),
    },
  })

  const joined = await join(link.body.token)

  expect(joined).toMatchObject({
    status: 200,
    body: { id: playlist_id, access: { edit: true, manage: false } },
  })
  const told = await sql<{ payload: object }[]>`select payload from outbox`
  expect(told).toEqual([
    { payload: { kind: 'playlist_join', recipient_id: owner.id, actor_id: guest.id, playlist_id } },
  ])
})

test('lets see and no more unless said', async () => {
  const { body } = await create(undefined)

  expect(body).toMatchObject({ role: 'viewer', expires_at: soon(7 * days) })
  expect((await join(body.token)).body.access).toEqual({ edit: false, manage: false })
})

test('joining again changes nothing and uses nothing up, though no use is left', async () => {
  const { body } = await create({ max_uses: 1 })

  expect(await join(body.token)).toMatchObject({ status: 200 })
  expect(await join(body.token)).toMatchObject({ status: 200 })
  expect(await join(body.token, owner)).toMatchObject({ status: 200, body: { access: { manage: true } } })

  expect((await list()).body.data).toMatchObject([{ use_count: 1 }])
  expect(await join(body.token, await seedActor(sql))).toMatchObject(unknown)
})

test('gives more and never less than somebody has', async () => {
  const [viewing, editing] = [await create({ role: 'viewer' }), await create({ role: 'editor' })]

  await join(viewing.body.token)
  await join(editing.body.token)
  expect(await roleOf(guest)).toBe('editor')
  await join(viewing.body.token)
  expect(await roleOf(guest)).toBe('editor')
})

test('tells the token once, and keeps it nowhere', async () => {
  const { body } = await create()

  const { text } = await list()
  const rows = await sql<{ row: string }[]>`select l::text as row from playlist_invite_links l`

  expect(text).toContain(body.id)
  for (const seen of [text, ...rows.map(({ row }) => row)]) expect(seen).not.toContain(body.token)
})

test('a link that is revoked lets nobody in any more; who came by it stays', async () => {
  const { body } = await create()
  await join(body.token)

  expect(await revoke(body.id)).toMatchObject({ status: 204 })
  expect(await revoke(body.id)).toMatchObject(unknown)

  expect(await join(body.token, await seedActor(sql))).toMatchObject(unknown)
  expect(await roleOf(guest)).toBe('viewer')
})

test('a link ends when it is over, and is forgotten', async () => {
  const { body } = await create({ expires_at: soon(60) })
  await create()
  clock.advance(60)

  expect(await join(body.token)).toMatchObject(unknown)
  expect(await deleteExpiredInviteLinks(sql, clock.now())).toBe(1)
  expect((await list()).body.data).toHaveLength(1)
})

test.each(['x', 'x'.repeat(43), 'x'.repeat(5_000), '%00', 'é'.repeat(43)])(
  'a token that is none joins nothing: %s',
  async (token) => {
    expect(await join(token)).toMatchObject(unknown)
  },
)

test('a link of somebody whom a block parts from the guest joins nothing', async () => {
  const { body } = await create()
  await sql`insert into blocks ${sql({ blocker_id: owner.id, blocked_id: guest.id })}`

  expect(await join(body.token)).toMatchObject(unknown)
  expect(await roleOf(guest)).toBeUndefined()
})

test('a link of somebody who is about to be deleted joins nothing', async () => {
  const { body } = await create()
  await sql`update users set deletes_at = now() where id = ${owner.id}`

  expect(await join(body.token)).toMatchObject(unknown)
})

test('many who join at once by a link for three are three', async () => {
  const { body } = await create({ max_uses: 3, role: 'editor' })
  const apis = (await openConnections(4)).map((connection) => createPlaylistsApi(connection, clock.now))
  const guests = await Promise.all(Array.from({ length: 12 }, () => seedActor(sql)))

  const answers = await Promise.all(
    guests.map((actor, at) => apis[at % 4]!(routes.joinPlaylist, { actor, params: { token: body.token } })),
  )

  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(3).fill(200), ...Array(9).fill(404)])
  expect((await list()).body.data).toMatchObject([{ use_count: 3, max_uses: 3 }])
})

test('nobody joins where there are 50 already', async () => {
  const { body } = await create()
  for (let i = 0; i < 50; i++) await letIn(sql, playlist_id, await seedActor(sql), 'viewer')

  expect(await join(body.token)).toMatchObject({ status: 409, problem: { code: 'too_many_collaborators' } })
  expect((await list()).body.data).toMatchObject([{ use_count: 0 }])
})

test('the links are listed newest first, a page at a time; there are 50 at most', async () => {
  for (let i = 0; i < 50; i++) await create({ max_uses: i + 1 })

  expect(await create()).toMatchObject({ status: 409, problem: { code: 'too_many_invite_links' } })
  const first = (await list({ limit: 40 })).body
  const rest = (await list({ limit: 40, cursor: first.next_cursor! })).body
  expect([...first.data, ...rest.data].map(({ max_uses }) => max_uses)).toEqual(
    Array.from({ length: 50 }, (_, at) => 50 - at),
  )
  expect(await list({ cursor: 'x' })).toMatchObject({ status: 400 })
})

test.each([
  { name: 'an end that is past', body: () => ({ expires_at: soon(-1) }), pointer: '#/body/expires_at' },
  {
    name: 'an end in two years',
    body: () => ({ expires_at: soon(731 * days) }),
    pointer: '#/body/expires_at',
  },
  { name: 'an end that is no time', body: () => ({ expires_at: 'tomorrow' }), pointer: '#/body/expires_at' },
  { name: 'no use at all', body: () => ({ max_uses: 0 }), pointer: '#/body/max_uses' },
  { name: 'far too many uses', body: () => ({ max_uses: 1e15 }), pointer: '#/body/max_uses' },
  { name: 'an owner by link', body: () => ({ role: 'owner' }), pointer: '#/body/role' },
  { name: 'a token of their own', body: () => ({ token: 'x' }), pointer: '#/body/token' },
])('refuses $name', async ({ body, pointer }) => {
  expect(await create(body())).toMatchObject({
    status: 422,
    problem: { code: 'validation_failed', errors: [{ pointer }] },
  })
})

test('links are the business of the owner', async () => {
  const { body } = await create()
  for (const call of [() => create({}, guest), () => list({}, guest), () => revoke(body.id, guest)]) {
    expect(await call()).toMatchObject(unknown)
  }
  await letIn(sql, playlist_id, guest, 'editor')
  for (const call of [() => create({}, guest), () => list({}, guest), () => revoke(body.id, guest)]) {
    expect(await call()).toMatchObject({ status: 403, problem: { code: 'forbidden' } })
  }
})
