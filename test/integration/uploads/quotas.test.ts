import { createQuotaHandlers } from '../../../functions/users/quota-handlers.ts'
import { quotaRoutes } from '../../../functions/users/quota-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createApi } from '../../../lib/http/api.ts'
import { createQuotaService, uploadLimits } from '../../../lib/uploads/quotas.ts'
import { deleteBelongings } from '../../../lib/users/deletion-repository.ts'
import { call, unlimited } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { seedActor } from '../../support/tracks.ts'
import { createUploading, mebibyte } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, createTrack, later, now, race } = createUploading(sql, settings)
const users = createApi(quotaRoutes, createQuotaHandlers(createQuotaService({ sql, now })), {
  service: 'users',
  corsOrigins: [],
  takeCall: unlimited,
})
const quotasOf = async (actor: Actor) => (await call(users, quotaRoutes.getUploadQuotas, { actor })).body

const small = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 1_000 }
const gibibyte = 1024 ** 3

let ada: Actor
beforeEach(async () => {
  ada = await seedActor(sql)
})

const tracksOf = (actor: Actor, count: number) =>
  Promise.all(Array.from({ length: count }, () => createTrack(actor)))
const request = (track_id: string, body: object = {}, actor = ada) =>
  act('requestUpload', actor, { track_id }, { ...small, ...body })

/** An upload of some time ago that came to be a version of so many bytes, or to nothing. */
async function add(size_bytes: number, { status = 'ready', version = true, minutes = 1 } = {}) {
  const track_id = await createTrack(ada)
  const at = new Date(now().getTime() - minutes * 60_000)
  const [upload] = await sql<[{ id: string }]>`
    insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at, created_at)
    values (${track_id}, ${ada.id}, 'a.wav', 'audio/wav', ${size_bytes}, ${`uploads/${crypto.randomUUID()}`}, ${status}, ${at}, ${at})
    returning id
  `
  if (!version) return
  await sql`
    insert into track_versions (track_id, upload_id, number, object_key, sha256, size_bytes, content_type)
    values (${track_id}, ${upload.id}, 1, ${`originals/${crypto.randomUUID()}`}, ${crypto.randomUUID()}, ${size_bytes}, 'audio/wav')
  `
}

const refusal = (quota: keyof typeof uploadLimits, used: number) => ({
  status: 409,
  problem: { code: 'quota_exceeded', quota, used, limit: uploadLimits[quota] },
})

test('five uploads at once, and not a sixth until one has ended', async () => {
  const tracks = await tracksOf(ada, 6)
  const grants = []
  for (const id of tracks.slice(0, 5)) grants.push(await request(id))
  expect(grants.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
  expect(await request(tracks[5]!)).toMatchObject(refusal('concurrent_uploads', 5))

  const ids = { track_id: tracks[0]!, upload_id: grants[0].body.upload_id }
  await act('abortUpload', ada, ids)

  expect(await request(tracks[5]!)).toMatchObject({ status: 201 })
})

test('what is being scanned, and what is over its time, are no longer uploads at once', async () => {
  const tracks = await tracksOf(ada, 7)
  for (const id of tracks.slice(0, 5)) await request(id)
  await sql`update uploads set status = 'scanning' where track_id = ${tracks[0]!}`
  expect(await request(tracks[5]!)).toMatchObject({ status: 201 })
  expect(await request(tracks[6]!)).toMatchObject({ status: 409 })
  later(24 * 60)
  expect(await request(tracks[6]!)).toMatchObject({ status: 201 })
})

test('of 20 that are asked for at the same time five are granted', async () => {
  const tracks = await tracksOf(ada, 20)

  const answers = await race(20, (act, index) =>
    act('requestUpload', ada, { track_id: tracks[index]! }, small),
  )

  const granted = answers.filter(({ status }) => status === 201)
  expect(granted).toHaveLength(5)
  expect(answers.filter(({ problem }) => problem?.code === 'quota_exceeded')).toHaveLength(15)
}, 30_000)

test('50 GiB of what is kept and what is coming, to the byte', async () => {
  await add(48 * gibibyte)
  await request(await createTrack(ada), { size_bytes: gibibyte })
  const last = await createTrack(ada)

  expect(await request(last, { size_bytes: gibibyte + 1 })).toMatchObject(refusal('bytes', 49 * gibibyte))
  expect(await request(last, { size_bytes: gibibyte })).toMatchObject({ status: 201 })
})

test('what was refused, removed or withdrawn takes no room', async () => {
  await add(20 * gibibyte)
  await add(20 * gibibyte)
  await add(20 * gibibyte)
  await add(20 * gibibyte, { status: 'rejected', version: false })
  expect((await quotasOf(ada)).bytes.used).toBe(60 * gibibyte)

  const versions = await sql<{ id: string }[]>`
    select v.id from track_versions v join uploads u on u.id = v.upload_id where u.created_by = ${ada.id}
  `
  await sql`update track_versions set removed_at = now() where id = ${versions[0]!.id}`
  await sql`update track_versions set withdrawn_at = now() where id = ${versions[1]!.id}`

  expect((await quotasOf(ada)).bytes).toEqual({ used: 20 * gibibyte, limit: 50 * gibibyte })
})

test('500 files within 24 hours, however they ended', async () => {
  const track_id = await createTrack(ada)
  await sql`
    insert into uploads (track_id, created_by, filename, content_type, size_bytes, object_key, status, expires_at, created_at)
    select ${track_id}, ${ada.id}, 'a.wav', 'audio/wav', 1, 'uploads/' || gen_random_uuid(), 'failed', ${now()}, ${now()}
    from generate_series(1, 500)
  `
  expect(await request(track_id)).toMatchObject(refusal('files_per_day', 500))
  later(24 * 60)
  expect(await request(track_id)).toMatchObject({ status: 201 })
})

test('are those of whoever uploads, not of whoever owns the track', async () => {
  const editor = await seedActor(sql)
  const tracks = await tracksOf(ada, 6)
  await sql`
    insert into track_collaborators (track_id, user_id, role, status, accepted_at)
    select id, ${editor.id}, 'editor', 'accepted', now() from tracks where owner_id = ${ada.id}
  `
  for (const id of tracks.slice(0, 5)) await request(id, { rights_confirmed: true }, editor)

  expect(await request(tracks[5]!, { rights_confirmed: true }, editor)).toMatchObject(
    refusal('concurrent_uploads', 5),
  )
  expect(await request(tracks[5]!)).toMatchObject({ status: 201 })
})

test('can be seen, with the uploads that may be gone on with', async () => {
  const track_id = await createTrack(ada)
  const { body: grant } = await request(track_id, { size_bytes: 200 * mebibyte })

  expect(await quotasOf(ada)).toEqual({
    bytes: { used: 200 * mebibyte, limit: 50 * gibibyte },
    concurrent_uploads: { used: 1, limit: 5 },
    files_per_day: { used: 1, limit: 500 },
    uploads: [
      {
        id: grant.upload_id,
        track_id,
        filename: 'a.wav',
        size_bytes: 200 * mebibyte,
        expires_at: grant.expires_at,
      },
    ],
  })
  expect(await quotasOf(await seedActor(sql))).toMatchObject({ bytes: { used: 0 }, uploads: [] })
})

describe('the rights to a file', () => {
  const withEditor = async () => {
    const editor = await seedActor(sql)
    const track_id = await createTrack(ada)
    await sql`
      insert into track_collaborators (track_id, user_id, role, status, accepted_at)
      values (${track_id}, ${editor.id}, 'editor', 'accepted', now())
    `
    return { editor, track_id }
  }
  const rowOf = async (trackId: string) =>
    (await sql`select rights_confirmed_at, rights_confirmed_ip from uploads where track_id = ${trackId}`)[0]

  test('are confirmed by an editor in their own name, which is kept', async () => {
    const { editor, track_id } = await withEditor()
    expect(await request(track_id, {}, editor)).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/rights_confirmed', code: 'required' }] },
    })
    expect(await request(track_id, { rights_confirmed: true }, editor)).toMatchObject({ status: 201 })
    expect(await rowOf(track_id)).toEqual({
      rights_confirmed_at: now(),
      rights_confirmed_ip: expect.any(String),
    })
  })

  test('stay confirmed when their account ends, from nowhere', async () => {
    const { editor, track_id } = await withEditor()
    await request(track_id, { rights_confirmed: true }, editor)
    await deleteBelongings(sql, editor.id)
    expect(await rowOf(track_id)).toEqual({ rights_confirmed_at: now(), rights_confirmed_ip: null })
  })

  test('cannot be denied and uploaded all the same', async () => {
    const { editor, track_id } = await withEditor()
    expect(await request(track_id, { rights_confirmed: false }, editor)).toMatchObject({ status: 422 })
  })

  test('were confirmed by the owner with the track', async () => {
    const track_id = await createTrack(ada)
    expect(await request(track_id)).toMatchObject({ status: 201 })
    expect(await rowOf(track_id)).toEqual({ rights_confirmed_at: null, rights_confirmed_ip: null })
  })
})
