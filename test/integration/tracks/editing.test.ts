import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import type { Db } from '../../../lib/db/client.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
let at = new Date('2026-03-01T12:00:00Z')
const api = createTrackApi(sql, () => at)

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await api.join('ada')
  ben = await api.join('ben')
})
beforeEach(() => {
  at = new Date('2026-03-01T12:00:00Z')
})

const get = (track_id: string, who: Actor | undefined = ada) =>
  api.request(trackRoutes.getTrack, who, { params: { track_id } })
const edit = (track_id: string, body: object, who = ada, headers = {}) =>
  api.request(trackRoutes.updateTrack, who, { params: { track_id }, body, headers })
const invite = (track_id: string, user_id: string, role: string, status = 'accepted') =>
  sql`insert into track_collaborators ${sql({ track_id, user_id, role, status })}`

/** Until somebody stands in line behind a lock of this database. */
async function waitForLock(db: Db): Promise<void> {
  const [row] = await db<[{ waiting: number }]>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
  `
  if (row.waiting === 0) return waitForLock(db)
}

const everything = {
  title: 'High Tide',
  description: 'Two takes.\nNo click.',
  artists: [
    { name: 'Ada', role: 'producer' },
    { name: 'Björk 🎻', role: 'vocals' },
  ],
  genre: 'Ambient',
  mood: 'calm',
  tags: ['sea'],
  bpm: 84.5,
  musical_key: '8A',
  isrc: 'USRC17607839',
  iswc: 'T0345246801',
  language: 'pt-BR',
  p_line: '℗ 2026 Tide',
  c_line: '© 2026 Tide',
  license: 'cc_by_nc',
  is_explicit: true,
}

describe('changing a track', () => {
  test('takes every field that there is, and gives it back', async () => {
    const id = await api.createTrack(ada)
    const { status, body, headers } = await edit(id, { ...everything, lyrics: 'Oh, sea' })

    expect(status).toBe(200)
    expect(body).toMatchObject({ ...everything, lyrics: 'Oh, sea', updated_at: at.toISOString() })
    const read = await get(id)
    expect(read.body).toEqual(body)
    expect(read.headers.etag).toBe(headers.etag)
  })

  test('writes codes and languages in their normal form', async () => {
    const id = await api.createTrack(ada)
    const { body } = await edit(id, { isrc: 'us-rc1-76-07839', iswc: 't-034.524.680-1', language: 'PT-br' })
    expect(body).toMatchObject({ isrc: 'USRC17607839', iswc: 'T0345246801', language: 'pt-BR' })
  })

  test('leaves what is not named as it was, and takes back what is null', async () => {
    const id = await api.createTrack(ada)
    await edit(id, everything)
    const { body } = await edit(id, { genre: null, isrc: null, title: 'Ebb' })
    expect(body).toMatchObject({ ...everything, genre: null, isrc: null, title: 'Ebb' })
  })

  test('takes the same fields when the track is made', async () => {
    const id = await api.createTrack(ada, { ...everything, lyrics: 'Oh, sea' })
    expect((await get(id)).body).toMatchObject({ ...everything, lyrics: 'Oh, sea' })
  })

  test('shows the lyrics on the page of the track alone', async () => {
    const id = await api.createReady(ada, { lyrics: 'Only here' })
    const list = await api.request(trackRoutes.listTracks, ada, { query: { artist: 'ada', limit: 100 } })
    expect(list.body.data.map((track) => track.id)).toContain(id)
    expect(list.text).not.toContain('Only here')
  })

  test('keeps what is written by hand of people from everywhere', async () => {
    const id = await api.createTrack(ada)
    const fields = {
      title: '👩‍👩‍👧‍👦 שיר 歌 é',
      description: `zero\u200bwidth\n${'🌊'.repeat(2_400)}`,
      artists: [{ name: 'عمر', role: 'عود' }],
      tags: ['مد', '潮'],
    }
    expect((await edit(id, fields)).body).toMatchObject(fields)
  })

  test('an empty change answers the track as it is', async () => {
    const id = await api.createTrack(ada)
    const before = await get(id)
    const { body, headers } = await edit(id, {})
    expect(body).toEqual(before.body)
    expect(headers.etag).toBe(before.headers.etag)
  })

  test.each([
    { name: 'an unknown field', body: { owner_id: 'x' }, pointer: '#/body/owner_id' },
    { name: 'a state', body: { status: 'ready' }, pointer: '#/body/status' },
    { name: 'a count', body: { like_count: 1_000 }, pointer: '#/body/like_count' },
    { name: 'no title', body: { title: null }, pointer: '#/body/title' },
    { name: 'an empty title', body: { title: ' \u00a0 ' }, pointer: '#/body/title' },
    { name: 'a text that turns around', body: { title: 'a\u202eb' }, pointer: '#/body/title' },
    { name: 'a title of marks', body: { title: `e${'\u0301'.repeat(2_000)}` }, pointer: '#/body/title' },
    { name: 'a tempo that is none', body: { bpm: 1e308 }, pointer: '#/body/bpm' },
    {
      name: 'an artist without a role',
      body: { artists: [{ name: 'A' }] },
      pointer: '#/body/artists/0/role',
    },
    {
      name: '21 artists',
      body: { artists: Array(21).fill({ name: 'A', role: 'b' }) },
      pointer: '#/body/artists',
    },
    { name: 'an ISRC of eleven', body: { isrc: 'USRC1760783' }, pointer: '#/body/isrc' },
    { name: 'an ISWC with another digit', body: { iswc: 'T0345246802' }, pointer: '#/body/iswc' },
    { name: 'no language', body: { language: 'not a language' }, pointer: '#/body/language' },
    { name: 'a licence of their own', body: { license: 'cc_by_me' }, pointer: '#/body/license' },
    { name: 'lyrics of 20 001', body: { lyrics: 'x'.repeat(20_001) }, pointer: '#/body/lyrics' },
    { name: 'another visibility', body: { visibility: 'secret' }, pointer: '#/body/visibility' },
    { name: 'a date that is none', body: { release_at: 'tomorrow' }, pointer: '#/body/release_at' },
  ])('refuses $name, and changes nothing', async ({ body, pointer }) => {
    const id = await api.createTrack(ada)
    const { status, problem } = await edit(id, { genre: 'Ambient', ...body })
    expect([status, problem.code]).toEqual([422, 'validation_failed'])
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]))
    expect((await get(id)).body.genre).toBeNull()
  })

  test.each(['\\u0000', '\\ud83d'])('refuses what no text can hold: %s', async (code) => {
    const id = await api.createTrack(ada)
    const rawBody = `{"title":"a${code}b"}`
    const { status } = await api.request(trackRoutes.updateTrack, ada, { params: { track_id: id }, rawBody })
    expect(status).toBe(400)
    expect((await get(id)).body.title).toBe('Low Tide')
  })

  test('is refused when the client saw another state, and not for a count that changed', async () => {
    const id = await api.createReady(ada)
    const { headers } = await get(id)
    await api.request(trackRoutes.likeTrack, ben, { params: { track_id: id } })

    expect((await edit(id, { title: 'One' }, ada, { 'if-match': headers.etag })).status).toBe(200)
    expect(await edit(id, { title: 'Two' }, ada, { 'if-match': headers.etag })).toMatchObject({
      status: 412,
      problem: { code: 'precondition_failed' },
    })
  })

  test('of two who saw the same, one is refused', async () => {
    const id = await api.createTrack(ada)
    const { headers } = await get(id)
    const connections = await openConnections(2)
    const answers = await Promise.all(
      connections.map((db, n) =>
        api.request(trackRoutes.updateTrack, ada, {
          handler: api.createHandler(db),
          params: { track_id: id },
          body: { title: `by ${n}` },
          headers: { 'if-match': headers.etag! },
        }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
  })
})

describe('who may change a track', () => {
  test('its editors may, but for who sees it', async () => {
    const id = await api.createTrack(ada)
    await invite(id, ben.id, 'editor')

    expect(await edit(id, { title: 'By Ben' }, ben)).toMatchObject({ status: 200, body: { title: 'By Ben' } })
    for (const body of [
      { visibility: 'public' },
      { release_at: null },
      { title: 'x', visibility: 'public' },
    ]) {
      expect(await edit(id, body, ben)).toMatchObject({ status: 403, problem: { code: 'forbidden' } })
    }
    expect((await get(id)).body).toMatchObject({ title: 'By Ben', visibility: 'private' })
  })

  test.each([
    { role: 'commenter', status: 'accepted' },
    { role: 'viewer', status: 'accepted' },
    { role: 'editor', status: 'invited' },
  ])('a $role who is $status may not', async ({ role, status }) => {
    const id = await api.createReady(ada)
    await invite(id, ben.id, role, status)
    expect(await edit(id, { title: 'By Ben' }, ben)).toMatchObject({ status: 404 })
  })

  test('nobody else may, as if there were nothing', async () => {
    const id = await api.createReady(ada)
    expect(await edit(id, { title: 'By Ben' }, ben)).toMatchObject({
      status: 404,
      problem: { code: 'not_found' },
    })
  })

  test('an editor who is removed meanwhile may not', async () => {
    const id = await api.createTrack(ada)
    await invite(id, ben.id, 'editor')
    const [holder, worker] = await openConnections(2)
    let late: ReturnType<typeof edit> | undefined

    await holder!.begin(async (tx) => {
      await tx`select from tracks where id = ${id} for no key update`
      late = api.request(trackRoutes.updateTrack, ben, {
        handler: api.createHandler(worker!),
        params: { track_id: id },
        body: { title: 'Too late' },
      })
      await waitForLock(tx)
      await tx`delete from track_collaborators where track_id = ${id}`
    })

    expect((await late!).status).toBe(404)
    expect((await get(id)).body.title).toBe('Low Tide')
  })
})

describe('what the file says', () => {
  const tags = {
    bpm: 140,
    key: 'Am',
    title: 'tide_final_2',
    artist: 'A.',
    album: 'Sea',
    albumartist: 'Tide',
    genre: ['Techno', 'House'],
    year: 2019,
    track_number: 3,
    isrc: ['USRC17607839'],
  }

  test('is kept apart from what its artist says, and shows where the artist says nothing', async () => {
    const id = await api.createReady(ada, {}, { embedded_tags: tags })
    const { body } = await get(id)

    expect(body).toMatchObject({
      title: 'Low Tide',
      genre: null,
      isrc: null,
      bpm: 140,
      musical_key: 'Am',
      is_custom_bpm: false,
      is_custom_musical_key: false,
      loudness: null,
      waveform_url: null,
    })
    expect(body.detected).toEqual({
      bpm: 140,
      bpm_confidence: null,
      musical_key: 'Am',
      musical_key_confidence: null,
      title: 'tide_final_2',
      artist: 'A.',
      album: 'Sea',
      album_artist: 'Tide',
      genre: 'Techno',
      year: 2019,
      track_number: 3,
      isrc: 'USRC17607839',
      copyright: null,
      label: null,
    })
  })

  test('gives way to the word of the artist, and shows again when that is taken back', async () => {
    const id = await api.createReady(ada, { bpm: 70 }, { embedded_tags: tags })
    expect((await edit(id, { musical_key: 'C' })).body).toMatchObject({
      bpm: 70,
      musical_key: 'C',
      is_custom_bpm: true,
      is_custom_musical_key: true,
      detected: { bpm: 140, musical_key: 'Am' },
    })
    expect((await edit(id, { bpm: null, musical_key: null })).body).toMatchObject({
      bpm: 140,
      musical_key: 'Am',
      is_custom_bpm: false,
      is_custom_musical_key: false,
    })
  })

  test('counts for less in its tags than to whoever listened', async () => {
    const id = await api.createReady(ada, {}, { embedded_tags: tags })
    await sql`
      update track_versions
      set detected_bpm = 70.2, detected_musical_key = '8A', integrated_lufs = -9.5, true_peak_dbtp = -0.3, range_lu = 6
      where track_id = ${id}
    `
    expect((await get(id)).body).toMatchObject({
      bpm: 70.2,
      musical_key: '8A',
      detected: { bpm: 70.2, musical_key: '8A', title: 'tide_final_2' },
      loudness: { integrated_lufs: -9.5, true_peak_dbtp: -0.3, range_lu: 6 },
    })
  })

  test.each([{ bpm: 0, key: 'H' }, { bpm: 1e300, key: 'x'.repeat(500) }, { bpm: '140', key: '' }, {}])(
    'is not believed where it cannot be: %j',
    async (embedded_tags) => {
      const id = await api.createReady(ada, {}, { embedded_tags })
      expect((await get(id)).body).toMatchObject({
        bpm: null,
        musical_key: null,
        detected: { bpm: null, musical_key: null },
      })
    },
  )

  test('is empty before there is a file', async () => {
    const id = await api.createTrack(ada)
    const { detected } = (await get(id)).body
    expect(new Set(Object.values(detected))).toEqual(new Set([null]))
  })
})
