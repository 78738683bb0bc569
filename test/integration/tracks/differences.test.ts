import { randomUUID } from 'node:crypto'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useDatabase } from '../../support/database.ts'
import { createTrackApi } from '../../support/track-api.ts'

const { sql } = useDatabase()
const api = createTrackApi(sql, () => new Date('2026-03-01T12:00:00Z'))

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await api.join('ada')
  ben = await api.join('ben')
})

const get = async (track_id: string, who: Actor | undefined) =>
  (await api.request(trackRoutes.getTrack, who, { params: { track_id } })).body
const edit = (track_id: string, body: object) =>
  api.request(trackRoutes.updateTrack, ada, { params: { track_id }, body })

const tags = { title: 'tide_final_2', bpm: 70, key: 'Am', length_ms: 400_000 }
const said = { bpm: 140, musical_key: 'C' }

const expected = [
  { field: 'title', declared: 'Low Tide', detected: 'tide_final_2', note: null, confidence: null },
  { field: 'bpm', declared: 140, detected: 70, note: 'half_time', confidence: null },
  { field: 'musical_key', declared: 'C', detected: 'Am', note: 'relative', confidence: null },
  { field: 'duration_ms', declared: 400_000, detected: 61_000, note: null, confidence: null },
]

test('owner and editors see where the file says something else; others see that of no track', async () => {
  const id = await api.createReady(ada, said, { embedded_tags: tags })
  expect(await get(id, ada)).toMatchObject({ differences: expected })

  for (const viewer of [ben, undefined]) expect(await get(id, viewer)).toMatchObject({ differences: null })

  const collaborator = { track_id: id, user_id: ben.id, status: 'accepted' }
  await sql`insert into track_collaborators ${sql({ ...collaborator, role: 'viewer' })}`
  expect(await get(id, ben)).toMatchObject({ differences: null })
  await sql`update track_collaborators set role = 'editor' where track_id = ${id}`
  expect(await get(id, ben)).toMatchObject({ differences: expected })
})

test('a list of tracks has no differences', async () => {
  await api.createReady(ada, said, { embedded_tags: tags })
  const { body } = await api.request(trackRoutes.listTracks, ada, { query: {} })
  for (const track of body.data) expect(track).not.toHaveProperty('differences')
})

test('what the file says is taken by an ordinary change, and is no difference from then on', async () => {
  const id = await api.createReady(ada, said, { embedded_tags: tags })
  const { body } = await edit(id, { title: tags.title, bpm: 70, musical_key: 'Am' })
  expect(body.differences).toEqual([expected[3]])
})

test.each(['61 s', null, [1], 1e300, -1])('a length of %j in the tags breaks nothing', async (length_ms) => {
  const id = await api.createReady(ada, {}, { embedded_tags: { length_ms } })
  expect((await api.request(trackRoutes.getTrack, ada, { params: { track_id: id } })).status).toBe(200)
})

test('a track without a file has nothing to compare', async () => {
  const id = await api.createTrack(ada)
  expect(await get(id, ada)).toMatchObject({ differences: [], embedded_artwork: null })
})

test('owner and editors see what became of the picture in the file, and nobody else', async () => {
  const id = await api.createReady(ada, {})
  const upload_id = randomUUID()
  await sql`
    insert into image_uploads (
      id, kind, subject_id, created_by, version_id, filename, content_type, size_bytes, object_key, original_key,
      status, status_reason, expires_at
    )
    select ${upload_id}, 'artwork', t.id, t.owner_id, t.current_version_id, 'cover', 'image/svg+xml', 5,
      ${`uploads/images/${upload_id}`}, ${`originals/images/${upload_id}`}, 'rejected', 'unsupported_media', now()
    from tracks t where t.id = ${id}
  `
  const embedded_artwork = {
    ...{ upload_id, content_type: 'image/svg+xml', size_bytes: 5 },
    ...{ status: 'rejected', status_reason: 'unsupported_media' },
  }
  expect(await get(id, ada)).toMatchObject({ embedded_artwork, artwork_url: null })
  expect(await get(id, ben)).toMatchObject({ embedded_artwork: null })
})
