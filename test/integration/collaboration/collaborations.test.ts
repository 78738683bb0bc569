import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { useDatabase } from '../../support/database.ts'
import { createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const { as, join, createTrack, invite, accept, remove } = createStudio(sql)

const list = (actor: Actor | undefined, query = {}) => as(actor, routes.listCollaborations, { query })
const idsOf = async (actor: Actor) => (await list(actor)).body.data.map(({ id }) => id)

async function setUp(body: object = { role: 'editor' }) {
  const [owner, ben] = [await join(), await join()]
  const track_id = await createTrack(owner)
  const engageBen = async (id: string, part: object = body) => {
    await invite(owner, id, ben, part)
    await accept(ben, id)
  }
  await engageBen(track_id)
  return { owner, ben, track_id, engageBen }
}

test('somebody sees the tracks that they work on, and what they are there', async () => {
  const { owner, ben, track_id } = await setUp({ role: 'editor', credit: 'Mixing 🎛️' })

  const { status, body } = await list(ben)

  expect(status).toBe(200)
  expect(body.data).toMatchObject([
    {
      id: track_id,
      title: 'Low Tide',
      visibility: 'private',
      owner: { id: owner.id },
      access: { edit: true },
      role: 'editor',
      credit: 'Mixing 🎛️',
      accepted_at: expect.any(String),
    },
  ])
  expect(body.data[0]).not.toHaveProperty('part_id')
})

test('an invitation that is not answered, and a track of their own, are not among them', async () => {
  const { owner, ben } = await setUp()
  const [asked, own] = [await createTrack(owner), await createTrack(ben)]
  await invite(owner, asked, ben)

  const ids = await idsOf(ben)

  expect(ids).toHaveLength(1)
  expect(ids).not.toContain(asked)
  expect(ids).not.toContain(own)
  expect(await idsOf(owner)).toEqual([])
})

test('a changed role shows', async () => {
  const { owner, ben, track_id } = await setUp()
  await invite(owner, track_id, ben, { role: 'viewer' })
  expect((await list(ben)).body.data).toMatchObject([{ role: 'viewer', access: { edit: false } }])
})

describe('a track is gone from there once', () => {
  type World = Awaited<ReturnType<typeof setUp>>
  const relations = createRelationService({ sql, relay: { flushSoon: async () => {} } })
  test.each<{ name: string; end: (world: World) => unknown }>([
    { name: 'they leave', end: ({ ben, track_id }) => remove(ben, track_id, ben) },
    { name: 'they are taken off it', end: ({ owner, ben, track_id }) => remove(owner, track_id, ben) },
    { name: 'the owner blocks them', end: ({ owner, ben }) => relations.block(owner, ben.id) },
    { name: 'they block the owner', end: ({ owner, ben }) => relations.block(ben, owner.id) },
    {
      name: 'it is deleted',
      end: ({ owner, track_id }) => createTrackDeletionService({ sql }).remove(owner, track_id, () => {}),
    },
  ])('$name', async ({ end }) => {
    const world = await setUp()
    await end(world)
    expect(await list(world.ben)).toMatchObject({ status: 200, body: { data: [], has_more: false } })
  })
})

test('the last one asked for comes first, by pages whose cursors are those of one caller', async () => {
  const { owner, ben, track_id, engageBen } = await setUp()
  const [second, third] = [await createTrack(owner), await createTrack(owner)]
  await engageBen(second)
  await engageBen(third, { role: 'viewer' })

  const first = (await list(ben, { limit: 2 })).body
  const rest = (await list(ben, { limit: 2, cursor: first.next_cursor })).body

  expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual([third, second, track_id])
  expect([first.has_more, rest.has_more, rest.next_cursor]).toEqual([true, false, null])
  expect(await list(owner, { cursor: first.next_cursor })).toMatchObject({ status: 400 })
  const invitations = as(ben, routes.listInvitations, { query: { cursor: first.next_cursor! } })
  expect(await invitations).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
})

test.each([{ limit: 0 }, { limit: 101 }, { limit: 1e308 }, { cursor: '😀' }, { role: 'editor' }])(
  'a query of %j is refused',
  async (query) => {
    const { status } = await list(await join(), query)
    expect([400, 422]).toContain(status)
  },
)

test('a guest is refused', async () => {
  expect(await list(undefined)).toMatchObject({ status: 401 })
})
