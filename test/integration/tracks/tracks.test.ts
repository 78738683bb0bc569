import { randomUUID } from 'node:crypto'
import { createTrackHandlers } from '../../../functions/tracks/handlers.ts'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createApi } from '../../../lib/http/api.ts'
import { releaseDueTracks } from '../../../lib/tracks/release.ts'
import { call, unlimited } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { composeTrackServices, makeReady } from '../../support/track-api.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
let at = new Date('2026-03-01T12:00:00Z')
const now = () => at
const actors = new Map<string, Actor>()

const handler = createApi(trackRoutes, createTrackHandlers(composeTrackServices(sql, now)), {
  service: 'tracks',
  corsOrigins: [],
  takeCall: unlimited,
  verifyToken: async (header) => {
    const actor = actors.get(header ?? '')
    return actor && { actor, expires_at: 4_000_000_000 }
  },
})

const ada = await join('ada')
const ben = await join('ben')

/** `as` is for `user` routes, `by` for `optional` ones. */
async function join(name: string) {
  const actor: { current?: Actor } = {}
  beforeAll(async () => {
    actor.current = await seedActor(sql, name)
    actors.set(name, actor.current)
  })
  return {
    get as() {
      return { actor: actor.current! }
    },
    by: { headers: { authorization: name } },
  }
}

const valid = { title: 'Low Tide', rights_confirmed: true }
const create = (body: Readonly<Record<string, unknown>> = {}, who = ada) =>
  call(handler, trackRoutes.createTrack, { ...who.as, body: { ...valid, ...body }, ip: '198.51.100.4' })
const get = (track_id: string, options = {}) =>
  call(handler, trackRoutes.getTrack, { params: { track_id }, ...options })
const list = (query: Readonly<Record<string, string | number>>, options = {}) =>
  call(handler, trackRoutes.listTracks, { query, ...options })

async function createReady(body: Readonly<Record<string, unknown>> = {}, who = ada) {
  const { body: track } = await create({ visibility: 'public', ...body }, who)
  await makeReady(sql, track.id)
  return track.id
}

describe('creating a track', () => {
  test('gives a private draft, and puts the confirmation of the rights on record', async () => {
    const { status, body, headers } = await create({
      tags: ['sea', 'slow'],
      bpm: 72.5,
      musical_key: 'F#m',
      genre: 'Ambient',
    })

    expect(status).toBe(201)
    expect(body).toMatchObject({
      owner: { id: ada.as.actor.id, username: 'ada', display_name: 'ada of Veza' },
      title: 'Low Tide',
      description: '',
      tags: ['sea', 'slow'],
      bpm: 72.5,
      musical_key: 'F#m',
      is_explicit: false,
      visibility: 'private',
      release_at: null,
      status: 'draft',
      status_reason: null,
      version: null,
      duration_ms: null,
      access: { stream: false, download: false, edit: true },
      created_at: at.toISOString(),
    })
    expect(headers.etag).toMatch(/^"\d+-[\da-f]{8}"$/)
    const [row] = await sql`select rights_confirmed_at, rights_confirmed_ip from tracks where id = ${body.id}`
    expect(row).toEqual({ rights_confirmed_at: at, rights_confirmed_ip: '198.51.100.4' })
  })

  test.each([
    {
      name: 'the rights not confirmed',
      body: { rights_confirmed: false },
      pointer: '#/body/rights_confirmed',
    },
    {
      name: 'no word on the rights',
      body: { rights_confirmed: undefined },
      pointer: '#/body/rights_confirmed',
    },
    { name: 'an empty title', body: { title: '  ' }, pointer: '#/body/title' },
    { name: 'a title of 201 characters', body: { title: 'x'.repeat(201) }, pointer: '#/body/title' },
    { name: 'a long description', body: { description: 'x'.repeat(5001) }, pointer: '#/body/description' },
    {
      name: '21 tags',
      body: { tags: Array.from({ length: 21 }, (_, i) => `t${i}`) },
      pointer: '#/body/tags',
    },
    { name: 'a tag of 33 characters', body: { tags: ['x'.repeat(33)] }, pointer: '#/body/tags/0' },
    { name: 'a tag twice', body: { tags: ['a', 'a'] }, pointer: '#/body/tags' },
    { name: 'a tempo beyond all music', body: { bpm: 1e308 }, pointer: '#/body/bpm' },
    { name: 'no key', body: { musical_key: 'H' }, pointer: '#/body/musical_key' },
    {
      name: 'a year before the calendar',
      body: { release_at: '0000-01-01T00:00:00Z' },
      pointer: '#/body/release_at',
    },
    { name: 'an unknown field', body: { owner_id: randomUUID() }, pointer: '#/body/owner_id' },
  ])('refuses $name', async ({ body, pointer }) => {
    const { status, problem } = await create(body)
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'validation_failed' })
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]))
  })

  test('takes the largest values that are allowed', async () => {
    const tags = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(32, '"\\{,'))
    const { status, body } = await create({ title: 'é'.repeat(200), description: 'x\n'.repeat(2499), tags })
    expect(status).toBe(201)
    expect(body.tags).toEqual(tags)
  })
})

describe('reading a track', () => {
  test('its artist sees a draft, and a 304 while it has not changed', async () => {
    const { body, headers } = await create()
    expect(await get(body.id, ada.by)).toMatchObject({ status: 200, body: { id: body.id } })
    const again = await get(body.id, { headers: { ...ada.by.headers, 'if-none-match': headers.etag } })
    expect(again).toMatchObject({ status: 304, text: '' })
  })

  test('a new name of its artist makes another entity tag', async () => {
    const { body, headers } = await create()
    await sql`update users set display_name = 'Ada N.', revision = revision + 1 where id = ${ada.as.actor.id}`
    expect((await get(body.id, ada.by)).headers.etag).not.toBe(headers.etag)
  })

  test.each([
    { name: 'a draft', make: async () => (await create({ visibility: 'public' })).body.id },
    { name: 'a private track', make: () => createReady({ visibility: 'private' }) },
    { name: 'a track before its release', make: () => createReady({ release_at: '2026-03-01T12:00:01Z' }) },
    { name: 'an unknown id', make: async () => randomUUID() },
    { name: 'what is no id', make: async () => '17' },
  ])('nobody else sees $name', async ({ make }) => {
    const id = await make()
    expect(await get(id)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    expect(await get(id, ben.by)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  })

  test('everybody sees one that plays, with what each may do', async () => {
    const id = await createReady({ visibility: 'unlisted', release_at: '2026-03-01T12:00:00Z' })
    const file = {
      version: { number: 1, label: null },
      duration_ms: 61_000,
      codec: 'PCM',
      sample_rate_hz: 48_000,
      channels: 2,
      bitrate_bps: 1_536_000,
    }
    expect((await get(id)).body).toMatchObject({
      ...file,
      access: { stream: true, download: false, edit: false },
    })
    expect((await get(id, ben.by)).body.access).toEqual({ stream: true, download: false, edit: false })
    expect((await get(id, ada.by)).body.access).toEqual({ stream: true, download: true, edit: true })
  })

  test('its release makes it visible, once the clock has come to it', async () => {
    const id = await createReady({ release_at: '2026-03-01T13:00:00Z' })
    expect((await get(id)).status).toBe(404)
    await releaseDueTracks(sql, at)
    expect((await get(id)).status).toBe(404)
    at = new Date('2026-03-01T13:00:00Z')
    await releaseDueTracks(sql, at)
    expect((await get(id)).body).toMatchObject({ visibility: 'public', published_at: at.toISOString() })
    at = new Date('2026-03-01T12:00:00Z')
  })
})

describe('listing tracks', () => {
  const idsOf = (answer: Awaited<ReturnType<typeof list>>) => answer.body.data.map(({ id }) => id)

  test('shows to others what is public and plays, to its artist everything', async () => {
    const cleo = await seedActor(sql, 'cleo')
    actors.set('cleo', cleo)
    const who = { as: { actor: cleo }, by: { headers: { authorization: 'cleo' } } }
    const shown = await createReady({}, who)
    const unlisted = await createReady({ visibility: 'unlisted' }, who)
    const early = await createReady({ release_at: '2030-01-01T00:00:00Z' }, who)
    const draft = (await create({ visibility: 'public' }, who)).body.id

    expect(idsOf(await list({ artist: 'cleo' }))).toEqual([shown])
    expect(idsOf(await list({ artist: 'Cleo' }, ben.by))).toEqual([shown])
    expect(idsOf(await list({ artist: 'cleo' }, who.by))).toEqual([draft, early, unlisted, shown])
    expect(idsOf(await list({ artist: 'nobody' }))).toEqual([])
    expect(idsOf(await list({ limit: 100 }))).toEqual(expect.arrayContaining([shown]))
  })

  test('pages through all of them, newest first, also while new ones come in', async () => {
    const dora = await seedActor(sql, 'dora')
    const who = { as: { actor: dora }, by: {} as typeof ben.by }
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.unshift(await createReady({}, who))

    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await list({ artist: 'dora', limit: 2, ...(cursor && { cursor }) })
      expect(page.body.has_more).toBe(page.body.next_cursor !== null)
      seen.push(...idsOf(page))
      cursor = page.body.next_cursor
      await createReady({}, who)
    } while (cursor)

    expect(seen).toEqual(ids)
  })

  test.each([
    { name: 'of another list', query: { artist: 'ben', limit: 1 } },
    {
      name: 'that was tampered with',
      query: { limit: 1 },
      spoil: (text: string) => `${text.slice(0, -2)}AA`,
    },
    { name: 'that is none', query: { limit: 1 }, spoil: () => 'x' },
  ])('refuses a cursor $name', async ({ query, spoil = (text: string) => text }) => {
    await createReady()
    await createReady()
    const { body } = await list({ limit: 1 })
    const answer = await list({ ...query, cursor: spoil(body.next_cursor!) })
    expect(answer).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
  })

  test('refuses a filter that does not exist', async () => {
    expect(await list({ sort: 'loudest' })).toMatchObject({ status: 422 })
  })
})

describe('deleting a track', () => {
  const remove = (track_id: string, who = ada, headers = {}) =>
    call(handler, trackRoutes.deleteTrack, { ...who.as, params: { track_id }, headers })

  test('makes it gone for everybody, and keeps the row', async () => {
    const id = await createReady()
    expect(await remove(id)).toMatchObject({ status: 204, text: '' })
    expect(await get(id, ada.by)).toMatchObject({ status: 404 })
    expect(
      (await list({ artist: 'ada', limit: 100 }, ada.by)).body.data.map((track) => track.id),
    ).not.toContain(id)
    expect(await remove(id)).toMatchObject({ status: 404 })
    expect(await sql`select deleted_at from tracks where id = ${id}`).toEqual([{ deleted_at: at }])
  })

  test('is refused to others as if there were nothing', async () => {
    expect(await remove(await createReady(), ben)).toMatchObject({
      status: 404,
      problem: { code: 'not_found' },
    })
  })

  test('is refused when the client saw another state', async () => {
    const { body, headers } = await create()
    await makeReady(sql, body.id)
    await sql`update tracks set revision = revision + 1 where id = ${body.id}`
    expect(await remove(body.id, ada, { 'if-match': headers.etag })).toMatchObject({ status: 412 })
    const { headers: fresh } = await get(body.id, ada.by)
    expect(await remove(body.id, ada, { 'if-match': fresh.etag })).toMatchObject({ status: 204 })
  })
})
