import { randomUUID } from 'node:crypto'
import { createTrackHandlers } from '../../../functions/tracks/handlers.ts'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { connect, type Sql } from '../../../lib/db/client.ts'
import { createApi } from '../../../lib/http/api.ts'
import { createUploadService } from '../../../lib/uploads/service.ts'
import { call, unlimited } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { composeTrackServices } from '../../support/track-api.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
let at = new Date('2026-03-01T12:00:00Z')
const now = () => at
const later = (minutes: number) => {
  at = new Date(at.getTime() + minutes * 60_000)
}

const { store } = createMemoryStorage('store')
const createHandler = (db: Sql) =>
  createApi(
    trackRoutes,
    createTrackHandlers({
      ...composeTrackServices(db, now),
      uploads: createUploadService({ sql: db, store: store!, now }),
    }),
    { service: 'tracks', corsOrigins: [], takeCall: unlimited, verifyToken: async () => undefined },
  )
const handler = createHandler(sql)

let ada: Actor
let ben: Actor
beforeEach(async () => {
  ada = await seedActor(sql)
  ben = await seedActor(sql)
})

const valid = { filename: 'low-tide.wav', content_type: 'audio/wav', size_bytes: 1000 }

async function createTrack() {
  const body = { title: 'Low Tide', rights_confirmed: true }
  return (await call(handler, trackRoutes.createTrack, { actor: ada, body })).body.id
}

const request = (
  track_id: string,
  body: Readonly<Record<string, unknown>> = {},
  actor = ada,
  api = handler,
) => call(api, trackRoutes.requestUpload, { actor, params: { track_id }, body: { ...valid, ...body } })

const follow = (track_id: string, upload_id: string, actor = ada, headers = {}) =>
  call(handler, trackRoutes.getUpload, { actor, params: { track_id, upload_id }, headers })

const statusOf = async (trackId: string) => {
  const [track] = await sql`select status, status_reason from tracks where id = ${trackId}`
  return track
}

test('grants one PUT for a quarter of an hour, within a day, and the track shows it', async () => {
  const trackId = await createTrack()

  const { status, body } = await request(trackId)

  expect(status).toBe(201)
  expect(body).toEqual({
    upload_id: expect.any(String),
    mode: 'single',
    method: 'PUT',
    parallelism: 6,
    url: expect.stringContaining(`/uploads/${trackId}/${body.upload_id}?`),
    headers: { 'content-type': 'audio/wav' },
    url_expires_at: new Date(at.getTime() + 900_000).toISOString(),
    expires_at: new Date(at.getTime() + 86_400_000).toISOString(),
  })
  expect(await statusOf(trackId)).toEqual({ status: 'uploading', status_reason: null })
})

test('tells where an upload stands, with a tag and when to ask again', async () => {
  const trackId = await createTrack()
  const { body } = await request(trackId, { sha256: 'AB'.repeat(32) })

  const first = await follow(trackId, body.upload_id)
  expect(first).toMatchObject({
    status: 200,
    headers: { 'retry-after': '2', etag: expect.stringMatching(/^"\d+-[\da-f]{8}"$/) },
    body: { status: 'uploading', status_reason: null, size_bytes: 1000, filename: 'low-tide.wav' },
  })
  expect(first.body.timeline).toEqual([{ status: 'uploading', reason: null, at: at.toISOString() }])
  const unchanged = await follow(trackId, body.upload_id, ada, { 'if-none-match': first.headers.etag })
  expect(unchanged).toMatchObject({ status: 304, headers: { 'retry-after': '2' } })

  await sql`
    update uploads set status = 'rejected', status_reason = 'infected', revision = revision + 1
    where id = ${body.upload_id}
  `
  const end = await follow(trackId, body.upload_id, ada, { 'if-none-match': first.headers.etag })
  expect(end).toMatchObject({ status: 200, body: { status: 'rejected', status_reason: 'infected' } })
  expect(end.headers).not.toHaveProperty('retry-after')
})

test.each([
  { name: 'an empty file', body: { size_bytes: 0 }, pointer: '#/body/size_bytes' },
  { name: 'more than 2 GiB', body: { size_bytes: 2 * 1024 ** 3 + 1 }, pointer: '#/body/size_bytes' },
  { name: 'half a byte', body: { size_bytes: 1.5 }, pointer: '#/body/size_bytes' },
  { name: 'a type that is no audio', body: { content_type: 'text/html' }, pointer: '#/body/content_type' },
  {
    name: 'a type by the name of a method',
    body: { content_type: 'toString' },
    pointer: '#/body/content_type',
  },
  { name: 'an extension of another type', body: { filename: 'a.mp3' }, pointer: '#/body/filename' },
  { name: 'a name without an extension', body: { filename: 'wav' }, pointer: '#/body/filename' },
  { name: 'a path without a name', body: { filename: 'music.wav/' }, pointer: '#/body/filename' },
  { name: 'a name with a line break', body: { filename: 'a\n.wav' }, pointer: '#/body/filename' },
  { name: 'what is no SHA-256', body: { sha256: 'xyz' }, pointer: '#/body/sha256' },
  { name: 'an unknown field', body: { key: 'elsewhere' }, pointer: '#/body/key' },
])('refuses $name', async ({ body, pointer }) => {
  const { status, problem } = await request(await createTrack(), body)
  expect({ status, code: problem.code }).toEqual({ status: 422, code: 'validation_failed' })
  expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]))
})

test('takes exactly 2 GiB, and a type in capitals', async () => {
  const body = { content_type: 'Audio/FLAC', filename: 'A.FLAC' }
  expect(await request(await createTrack(), body)).toMatchObject({
    status: 201,
    body: { headers: { 'content-type': 'audio/flac' } },
  })
  expect(await request(await createTrack(), { size_bytes: 2 * 1024 ** 3 })).toMatchObject({
    status: 201,
    body: { mode: 'multipart', part_count: 128 },
  })
})

test.each(['../../etc/Low Tide.wav', String.raw`C:\fakepath\Low Tide.wav`, 'Low Tide.wav'])(
  'keeps of %j the name alone',
  async (filename) => {
    const trackId = await createTrack()
    const { body } = await request(trackId, { filename })

    expect((await follow(trackId, body.upload_id)).body.filename).toBe('Low Tide.wav')
  },
)

test("another user's track and uploads are not there", async () => {
  const trackId = await createTrack()
  const { body } = await request(trackId)
  const other = await createTrack()
  const notFound = { status: 404, problem: { code: 'not_found' } }
  expect(await request(trackId, {}, ben)).toMatchObject(notFound)
  expect(await follow(trackId, body.upload_id, ben)).toMatchObject(notFound)
  expect(await follow(other, body.upload_id)).toMatchObject(notFound)
  expect(await follow(trackId, randomUUID())).toMatchObject(notFound)
  expect(await request(randomUUID())).toMatchObject(notFound)
})

test('of uploads asked for at the same time one is granted', async () => {
  const trackId = await createTrack()
  const connections = Array.from({ length: 4 }, () => connect(settings))

  const answers = await Promise.all(connections.map((own) => request(trackId, {}, ada, createHandler(own))))
  await Promise.all(connections.map((own) => own.end()))

  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  expect(await sql`select from uploads where track_id = ${trackId}`).toHaveLength(1)
})

describe('while an upload is under way', () => {
  test.each(['scanning', 'processing', 'transcoding'])(
    'and %s, another one waits, however long it takes',
    async (status) => {
      const trackId = await createTrack()
      const { body } = await request(trackId)
      await sql`update uploads set status = ${status} where id = ${body.upload_id}`
      later(60)
      expect(await request(trackId)).toMatchObject({ status: 409, problem: { code: 'upload_in_progress' } })
    },
  )

  test('and unused, another one waits until it has expired', async () => {
    const trackId = await createTrack()
    const { body } = await request(trackId)
    later(24 * 60 - 0.1)
    expect(await request(trackId)).toMatchObject({
      status: 409,
      problem: { code: 'upload_in_progress', upload_id: body.upload_id },
    })
    later(0.1)

    expect(await request(trackId)).toMatchObject({ status: 201 })

    expect((await follow(trackId, body.upload_id)).body).toMatchObject({
      status: 'failed',
      status_reason: 'upload_expired',
      timeline: [{ status: 'uploading' }, { status: 'failed', reason: 'upload_expired' }],
    })
    expect(await statusOf(trackId)).toEqual({ status: 'uploading', status_reason: null })
  })
})

test.each(['rejected', 'failed', 'ready'])('after one that was %s, another one may come', async (status) => {
  const trackId = await createTrack()
  const { body } = await request(trackId)
  await sql`update uploads set status = ${status} where id = ${body.upload_id}`
  expect(await request(trackId)).toMatchObject({ status: 201 })
})

test('a deleted track takes no upload, and shows none', async () => {
  const trackId = await createTrack()
  const { body } = await request(trackId)
  await call(handler, trackRoutes.deleteTrack, { actor: ada, params: { track_id: trackId } })
  expect(await request(trackId)).toMatchObject({ status: 404 })
  expect(await follow(trackId, body.upload_id)).toMatchObject({ status: 404 })
})
