import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { releaseDueTracks } from '../../../lib/tracks/release.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi, makeReady } from '../../support/track-api.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const noon = new Date('2026-03-01T12:00:00Z')
let at = noon
const api = createTrackApi(sql, () => at)

let ada: Actor
beforeAll(async () => {
  ada = await api.join('ada')
})
beforeEach(() => {
  at = noon
})

const hour = '2026-03-01T13:00:00.000Z'
const past = '2019-06-01T00:00:00.000Z'
const get = (track_id: string) => api.request(trackRoutes.getTrack, ada, { params: { track_id } })
const getAsGuest = (track_id: string) =>
  api.request(trackRoutes.getTrack, undefined, { params: { track_id } })
const edit = (track_id: string, body: object) =>
  api.request(trackRoutes.updateTrack, ada, { params: { track_id }, body })

describe('who sees a track, and from when', () => {
  test.each([
    { from: {}, change: { visibility: 'public' }, to: ['public', null] },
    { from: {}, change: { visibility: 'public', release_at: hour }, to: ['scheduled', hour] },
    { from: {}, change: { visibility: 'scheduled', release_at: hour }, to: ['scheduled', hour] },
    { from: {}, change: { release_at: hour }, to: ['private', hour] },
    { from: { release_at: hour }, change: { visibility: 'public' }, to: ['scheduled', hour] },
    { from: { release_at: hour }, change: { visibility: 'unlisted' }, to: ['unlisted', hour] },
    { from: {}, change: { visibility: 'public', release_at: past }, to: ['public', past] },
    { from: { visibility: 'public' }, change: { release_at: past }, to: ['public', past] },
    { from: { visibility: 'public' }, change: { release_at: hour }, to: ['scheduled', hour] },
    {
      from: { visibility: 'scheduled', release_at: hour },
      change: { visibility: 'public' },
      to: ['public', null],
    },
    {
      from: { visibility: 'scheduled', release_at: hour },
      change: { visibility: 'public', release_at: null },
      to: ['public', null],
    },
    {
      from: { visibility: 'scheduled', release_at: hour },
      change: { visibility: 'private' },
      to: ['private', hour],
    },
    { from: { visibility: 'scheduled', release_at: hour }, change: { title: 'x' }, to: ['scheduled', hour] },
  ])('$from, then $change', async ({ from, change, to }) => {
    const id = await api.createTrack(ada, from)
    const { status, body } = await edit(id, change)
    expect(status).toBe(200)
    expect([body.visibility, body.release_at]).toEqual(to)
  })

  test.each([
    { name: 'without a date', from: {}, change: { visibility: 'scheduled' } },
    { name: 'in the past', from: {}, change: { visibility: 'scheduled', release_at: past } },
    { name: 'now', from: {}, change: { visibility: 'scheduled', release_at: noon.toISOString() } },
    {
      name: 'whose date is taken away',
      from: { visibility: 'scheduled', release_at: hour },
      change: { release_at: null },
    },
    {
      name: 'that is moved to the past',
      from: { visibility: 'scheduled', release_at: hour },
      change: { release_at: past },
    },
  ])('refuses what is scheduled $name', async ({ from, change }) => {
    const id = await api.createTrack(ada, from)
    const before = (await get(id)).body
    const { status, problem } = await edit(id, change)
    expect([status, problem.code, problem.errors?.[0]?.pointer]).toEqual([
      422,
      'validation_failed',
      '#/body/release_at',
    ])
    expect((await get(id)).body).toEqual(before)
  })

  test('refuses a new track that is scheduled for nothing', async () => {
    const body = { title: 'x', rights_confirmed: true, visibility: 'scheduled' }
    const { status, problem } = await api.request(trackRoutes.createTrack, ada, { body })
    expect([status, problem.errors?.[0]?.pointer]).toEqual([422, '#/body/release_at'])
  })

  test('what is public and plays nothing yet is listed once it does', async () => {
    const id = await api.createTrack(ada)
    await edit(id, { visibility: 'public' })
    expect((await getAsGuest(id)).status).toBe(404)
    await makeReady(sql, id)
    expect((await getAsGuest(id)).status).toBe(200)
  })
})

describe('the release', () => {
  const scheduled = (release_at: string) => api.createReady(ada, { release_at })
  const release = (now: string) => releaseDueTracks(sql, new Date(now))
  const visibilityOf = async (id: string) => (await get(id)).body.visibility

  beforeEach(() => sql`update tracks set deleted_at = now() where visibility = 'scheduled'`)

  test('comes at its millisecond, not before', async () => {
    const id = await scheduled(hour)
    expect(await release('2026-03-01T12:59:59.999Z')).toBe(0)
    expect(await visibilityOf(id)).toBe('scheduled')
    expect(await release(hour)).toBe(1)
    expect((await getAsGuest(id)).body).toMatchObject({ visibility: 'public', published_at: hour })
  })

  test('happens once, whoever runs at the same time', async () => {
    for (let n = 0; n < 8; n++) await scheduled(hour)
    const connections = await openConnections(3)
    const counts = await Promise.all(connections.map((db) => releaseDueTracks(db, new Date(hour))))
    expect(counts.reduce((sum, count) => sum + count)).toBe(8)
    expect(await release(hour)).toBe(0)
  })

  test('raises the revision once, and leaves the date', async () => {
    const id = await scheduled(hour)
    const revision = async () => (await sql`select revision from tracks where id = ${id}`)[0]!.revision
    const before = await revision()
    await release(hour)
    await release('2026-03-01T14:00:00Z')
    expect(await revision()).toBe(before + 1)
    expect((await get(id)).body).toMatchObject({ release_at: hour, updated_at: hour })
  })

  test('passes over what is deleted, and catches up when that is back', async () => {
    const id = await scheduled(hour)
    await api.request(trackRoutes.deleteTrack, ada, { params: { track_id: id } })
    expect(await release(hour)).toBe(0)
    await api.request(trackRoutes.restoreTrack, ada, { params: { track_id: id } })
    expect(await release('2026-03-01T13:01:00Z')).toBe(1)
    expect(await visibilityOf(id)).toBe('public')
  })

  test('passes over what was made private meanwhile', async () => {
    const id = await scheduled(hour)
    await edit(id, { visibility: 'private' })
    expect(await release(hour)).toBe(0)
    expect(await visibilityOf(id)).toBe('private')
  })
})
