import { randomUUID } from 'node:crypto'
import { jwtVerify } from 'jose'
import { createInternalHandlers } from '../../../functions/internal/handlers.ts'
import { internalRoutes } from '../../../functions/internal/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { connect } from '../../../lib/db/client.ts'
import { createApi } from '../../../lib/http/api.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { createPlayService } from '../../../lib/plays/service.ts'
import { createRevocationService } from '../../../lib/revocations/service.ts'
import { createTrackDeletionService } from '../../../lib/tracks/deletion-service.ts'
import { createTrackService } from '../../../lib/tracks/service.ts'
import { browser, call, unlimited } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createTestStreams, playKeys, streamSecrets } from '../../support/streams.ts'
import { createBuckets, grantUpload, seedActor, seedUpload, statesOf } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const at = new Date('2026-03-01T12:00:00Z')
const now = () => at
const seconds = at.getTime() / 1000
const guestAt = { ip: '192.0.2.1', userAgent: browser }
const buckets = createBuckets()
const handler = createApi(
  internalRoutes,
  createInternalHandlers({
    callbacks: createCallbackService({ sql, media: buckets.media, now }),
    revocations: createRevocationService({ sql, now }),
    plays: createPlayService({ sql, loadKeys: async () => playKeys, now }),
  }),
  {
    service: 'internal',
    corsOrigins: [],
    takeCall: unlimited,
  },
)

interface Transcoding {
  readonly actor: Actor
  readonly track_id: string
  readonly upload_id: string
  readonly version_id: string
  readonly job_id: string
}

/** A version of the upload, handed to the stream server. */
async function seedVersion(track_id: string, upload_id: string, number: number, duration_ms: number | null) {
  const job_id = randomUUID()
  const [{ id: version_id }] = await sql<[{ id: string }]>`
    insert into track_versions (
      track_id, upload_id, number, object_key, sha256, size_bytes, content_type, duration_ms, stream_job_id
    ) values (
      ${track_id}, ${upload_id}, ${number}, ${`originals/${upload_id}/ab`}, 'ab', 9, 'audio/wav', ${duration_ms}, ${job_id}
    )
    returning id
  `
  await sql`update uploads set status = 'transcoding' where id = ${upload_id}`
  return { version_id, job_id }
}

async function prepare({ duration_ms = 61_000 as number | null, fields = {} } = {}): Promise<Transcoding> {
  const actor = await seedActor(sql)
  const { track_id, upload_id } = await seedUpload(sql, buckets, actor, { file: Buffer.alloc(9), fields })
  await sql`update tracks set status = 'transcoding' where id = ${track_id}`
  return { actor, track_id, upload_id, ...(await seedVersion(track_id, upload_id, 1, duration_ms)) }
}

/** The next version of a track, on its way. */
async function prepareNext(first: Transcoding): Promise<Transcoding> {
  const request = { filename: 'b.wav', content_type: 'audio/wav', size_bytes: 9 } as const
  const { upload_id } = await grantUpload(sql, buckets.uploads, first.actor, first.track_id, request)
  return { ...first, upload_id, ...(await seedVersion(first.track_id, upload_id, 2, 61_000)) }
}

const manifest = 'v1.m3u8'
const ready = (
  { track_id, version_id, job_id }: Omit<Transcoding, 'actor'>,
  body: Readonly<Record<string, unknown>> = {},
) =>
  call(handler, internalRoutes.reportStreamReady, {
    params: { track_id },
    body: { version_id, job_id, manifest_key: manifest, ...body },
  })
const failed = ({ track_id, version_id, job_id }: Omit<Transcoding, 'actor'>) =>
  call(handler, internalRoutes.reportStreamFailed, {
    params: { track_id },
    body: { version_id, job_id, reason: 'no space' },
  })
const remove = ({ actor, track_id }: Transcoding) =>
  createTrackDeletionService({ sql }).remove(actor, track_id, () => {})
const get = ({ actor, track_id }: Transcoding) => createTrackService({ sql, now }).get(actor, track_id)
const revisionsOf = ({ track_id }: Transcoding) => sql`
  select t.revision as track, u.revision as upload, v.ready_at, v.manifest_key
  from tracks t join uploads u on u.track_id = t.id join track_versions v on v.upload_id = u.id
  where t.id = ${track_id}
`

describe('stream-ready', () => {
  test('makes the version play', async () => {
    const job = await prepare()

    expect(
      await ready(job, { renditions: [{ name: '128k', bitrate_bps: 128_000 }], duration_ms: 60_000 }),
    ).toMatchObject({ status: 204, text: '' })

    expect(await statesOf(sql, job)).toMatchObject({ track: 'ready', upload: 'ready', reason: null })
    expect(await get(job)).toMatchObject({
      status: 'ready',
      version: { id: job.version_id, number: 1 },
      duration_ms: 61_000,
    })
  })

  test('tells the length where the file did not', async () => {
    const job = await prepare({ duration_ms: null })
    await ready(job, { duration_ms: 60_000 })
    expect(await get(job)).toMatchObject({ duration_ms: 60_000 })
  })

  test('twice changes nothing the second time', async () => {
    const job = await prepare()
    await ready(job)
    const before = await revisionsOf(job)
    expect(await ready(job, { manifest_key: 'other.m3u8' })).toMatchObject({ status: 204 })
    expect(await revisionsOf(job)).toEqual(before)
  })

  test('several times at once counts once', async () => {
    const job = await prepare()
    const connections = Array.from({ length: 4 }, () => connect(settings))
    await Promise.all(connections.map((own) => own`select 1`))
    const [before] = await revisionsOf(job)

    const { track_id, version_id, job_id } = job
    const callback = { version_id, job_id, manifest_key: manifest, renditions: [] }
    const results = await Promise.all(
      connections.map((own) =>
        createCallbackService({ sql: own, media: buckets.media }).ready(track_id, callback),
      ),
    )
    await Promise.all(connections.map((own) => own.end()))

    expect(results).toEqual(Array(4).fill('accepted'))
    const [after] = await revisionsOf(job)
    expect([after!.track - before!.track, after!.upload - before!.upload]).toEqual([1, 1])
  })

  test.each([
    { name: 'another job', change: { job_id: randomUUID() } },
    { name: 'a failed job', change: {}, before: failed },
  ])('of $name is ignored', async ({ change, before }) => {
    const job = await prepare()
    await before?.(job)
    expect(await ready({ ...job, ...change })).toMatchObject({ status: 200, text: '' })
    expect(await get(job)).toMatchObject({ version: null })
  })

  test('of an old version is ignored', async () => {
    const first = await prepare()
    await failed(first)
    const second = await prepareNext(first)
    expect(await ready(second)).toMatchObject({ status: 204 })

    expect(await ready(first)).toMatchObject({ status: 200 })

    expect(await get(first)).toMatchObject({ version: { id: second.version_id, number: 2 } })
  })

  test('of a newer version replaces the one that plays', async () => {
    const first = await prepare()
    await ready(first)
    const second = await prepareNext(first)
    expect(await get(first)).toMatchObject({ status: 'ready', version: { number: 1 } })

    await ready(second)

    expect(await get(first)).toMatchObject({ status: 'ready', version: { number: 2 } })
    expect(await ready(first)).toMatchObject({ status: 200 })
    expect(await get(first)).toMatchObject({ version: { number: 2 } })
  })

  test.each([
    { name: 'an unknown track', change: { track_id: randomUUID() } },
    { name: 'an unknown version', change: { version_id: randomUUID() } },
  ])('of $name finds nothing', async ({ change }) => {
    const job = await prepare()
    expect(await ready({ ...job, ...change })).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  })

  test("of another track's version finds nothing", async () => {
    const [job, other] = [await prepare(), await prepare()]
    expect(await ready({ ...job, track_id: other.track_id })).toMatchObject({ status: 404 })
    expect(await get(other)).toMatchObject({ version: null })
  })

  test('of a deleted track finds nothing', async () => {
    const job = await prepare()
    await remove(job)
    expect(await ready(job)).toMatchObject({ status: 404 })
  })

  test.each(['../secret', 'a/b', 'a..b', '', 'x'.repeat(256), 'a?b'])(
    'refuses %j as a manifest',
    async (manifest_key) => {
      expect(await ready(await prepare(), { manifest_key })).toMatchObject({ status: 422 })
    },
  )
})

describe('stream-failed', () => {
  test('is shown with its reason, and a new upload may come', async () => {
    const job = await prepare()
    expect(await failed(job)).toMatchObject({ status: 204 })
    expect(await statesOf(sql, job)).toMatchObject({
      track: 'failed',
      upload: 'failed',
      reason: 'stream_failed',
    })
    expect(await failed(job)).toMatchObject({ status: 204 })
    await expect(prepareNext(job)).resolves.toBeDefined()
  })

  test('of a new version leaves the track playing the old one', async () => {
    const first = await prepare()
    await ready(first)
    const second = await prepareNext(first)
    await failed(second)
    expect(await get(first)).toMatchObject({ status: 'ready', status_reason: null, version: { number: 1 } })
  })

  test('after stream-ready is ignored', async () => {
    const job = await prepare()
    await ready(job)
    expect(await failed(job)).toMatchObject({ status: 200 })
    expect(await get(job)).toMatchObject({ status: 'ready' })
  })
})

describe('source', () => {
  const source = (track_id: string, query = {}) =>
    call(handler, internalRoutes.getTrackSource, { params: { track_id }, query })

  test('is the original of the version, for a quarter of an hour', async () => {
    const first = await prepare()
    await failed(first)
    const second = await prepareNext(first)
    expect(await source(first.track_id, { version_id: first.version_id })).toMatchObject({
      status: 200,
      body: {
        url: expect.stringContaining(`originals/${first.upload_id}/ab?`),
        expires_at: '2026-03-01T12:15:00.000Z',
        sha256: 'ab',
        content_type: 'audio/wav',
      },
    })
    const { body } = await source(first.track_id)
    expect(body.url).toContain(`originals/${second.upload_id}/`)
  })

  test('is not there for another version, an unknown or a deleted track', async () => {
    const job = await prepare()
    const other = await prepare()
    expect(await source(job.track_id, { version_id: other.version_id })).toMatchObject({ status: 404 })
    expect(await source(randomUUID())).toMatchObject({ status: 404 })
    await remove(job)
    expect(await source(job.track_id)).toMatchObject({ status: 404 })
  })
})

describe('asking for the stream', () => {
  const streams = createTestStreams(sql, now)

  async function prepareReady(options: Parameters<typeof prepare>[0] = {}) {
    const job = await prepare(options)
    await ready(job)
    return job
  }

  const verify = (token: string, key: Uint8Array, audience: string) =>
    jwtVerify(token, key, { audience, currentDate: at })

  test('gives a guest a signed manifest and tokens for twice the length of the track', async () => {
    const job = await prepareReady({ duration_ms: 600_000 })

    const { manifest_url, stream_token, play_token, expires_at } = await streams.issue(
      undefined,
      job.track_id,
      guestAt,
    )

    expect(expires_at).toEqual(new Date(at.getTime() + 1_200_000))
    expect(manifest_url).toMatch(
      new RegExp(`^http://stream\\.test/stream/v1\\.m3u8\\?expires=${seconds + 1200}&sig=[0-9a-f]{64}$`),
    )
    const stream = await verify(stream_token, Buffer.from(streamSecrets.tokens!), 'veza-services')
    expect(stream.payload).toMatchObject({ sub: 0, username: 'guest', roles: ['Guest'], exp: seconds + 1200 })
    const play = await verify(play_token, playKeys.keys.get('1')!, 'veza-plays')
    expect(play.payload).toMatchObject({ tid: job.track_id, vid: job.version_id, jti: expect.any(String) })
    expect(play.payload).not.toHaveProperty('sub')
  })

  test('names a user to the stream server by number, to us by id', async () => {
    const job = await prepareReady({ fields: { visibility: 'private' } })
    const { stream_token, play_token } = await streams.issue(job.actor, job.track_id, guestAt)
    const [user] = await sql`select user_number, username from users where id = ${job.actor.id}`
    const stream = await verify(stream_token, Buffer.from(streamSecrets.tokens!), 'veza-services')
    expect(stream.payload).toMatchObject({
      sub: user!.user_number,
      username: user!.username,
      roles: ['User'],
      session_id: job.actor.session_id,
    })
    const play = await verify(play_token, playKeys.keys.get('1')!, 'veza-plays')
    expect(play.payload).toMatchObject({ sub: job.actor.id, sid: job.actor.session_id })
  })

  test('of a track that plays nothing yet is refused to its artist, and unknown to others', async () => {
    const job = await prepare()
    await expect(streams.issue(job.actor, job.track_id, guestAt)).rejects.toMatchObject({
      code: 'track_not_ready',
    })
    await expect(streams.issue(undefined, job.track_id, guestAt)).rejects.toMatchObject({ code: 'not_found' })
    await expect(streams.issue(await seedActor(sql), job.track_id, guestAt)).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test.each([
    { name: 'private', fields: { visibility: 'private' } },
    { name: 'not released yet', fields: { release_at: '2999-03-01T12:00:00Z' } },
  ])('of a track that is $name is for its artist alone', async ({ fields }) => {
    const job = await prepareReady({ fields })
    await expect(streams.issue(job.actor, job.track_id, guestAt)).resolves.toBeDefined()
    await expect(streams.issue(undefined, job.track_id, guestAt)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of a deleted track finds nothing', async () => {
    const job = await prepareReady()
    await remove(job)
    await expect(streams.issue(job.actor, job.track_id, guestAt)).rejects.toMatchObject({ code: 'not_found' })
  })
})
