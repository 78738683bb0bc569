import { randomUUID } from 'node:crypto'
import { useDatabase } from '../../support/database.ts'
import { seedActor } from '../../support/tracks.ts'
import { createUploading, mebibyte, parts } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, begin, createTrack, later, now, race, rowOf, store } = createUploading(sql, settings)

type Begun = Awaited<ReturnType<typeof begin>>

const sendAll = ({ put }: Begun) => parts.map((bytes, index) => put(index + 1, bytes))
const statusOf = async (ids: Begun['ids']) => (await rowOf(ids)).status
const over = { status: 409, problem: { code: 'upload_over' } }

afterEach(() => {
  store.objects.clear()
})

describe('a large file', () => {
  test('is granted in parts, the first of which have their addresses at once', async () => {
    const { grant } = await begin()

    expect(grant).toMatchObject({
      mode: 'multipart',
      method: 'PUT',
      part_size: 16 * mebibyte,
      part_count: 7,
      parallelism: 6,
      headers: {},
      expires_at: new Date(now().getTime() + 86_400_000).toISOString(),
      url_expires_at: new Date(now().getTime() + 900_000).toISOString(),
    })
    expect(grant.parts.map(({ part_number }: { part_number: number }) => part_number)).toEqual([
      1, 2, 3, 4, 5, 6,
    ])
    expect(grant.parts[0].url).toContain(`part=1&bytes=${16 * mebibyte}`)
  })

  test.each([
    { size: 100 * mebibyte - 1, mode: 'single' },
    { size: 100 * mebibyte, mode: 'multipart' },
  ])('begins at 100 MiB: $size bytes are $mode', async ({ size, mode }) => {
    expect((await begin({ size_bytes: size })).grant.mode).toBe(mode)
  })

  test('gets addresses as often as they are asked for, each for just the bytes of its part', async () => {
    const { actor, ids } = await begin()
    later(20)

    const { status, body } = await act('signUploadParts', actor, ids, { part_numbers: [7, 1] })

    expect({ status, body }).toEqual({
      status: 200,
      body: {
        method: 'PUT',
        url_expires_at: new Date(now().getTime() + 900_000).toISOString(),
        parts: [
          { part_number: 7, url: expect.stringContaining(`part=7&bytes=${5 * mebibyte}`), headers: {} },
          { part_number: 1, url: expect.stringContaining(`part=1&bytes=${16 * mebibyte}`), headers: {} },
        ],
      },
    })
  })

  test('tells after a reload which parts are there', async () => {
    const { actor, ids, put } = await begin()
    const first = put(1, parts[0]!)
    const before = await act('getUpload', actor, ids)
    const second = put(3, parts[2]!)

    const { body, headers } = await act('getUpload', actor, ids)

    expect(body).toMatchObject({
      mode: 'multipart',
      part_size: 16 * mebibyte,
      part_count: 7,
      parts_uploaded: [
        { ...first, size_bytes: 16 * mebibyte },
        { ...second, size_bytes: 16 * mebibyte },
      ],
    })
    expect(headers.etag).not.toBe(before.headers.etag)
  })

  test('becomes one object once all of it is there, and is scanned', async () => {
    const begun = await begin()
    const { actor, ids, key } = begun
    const named = sendAll(begun)

    const { status, body } = await act('completeUpload', actor, ids, { parts: named.reverse() })

    expect({ status, body }).toMatchObject({
      status: 202,
      body: {
        status: 'scanning',
        parts_uploaded: [],
        timeline: [{ status: 'uploading' }, { status: 'scanning' }],
      },
    })
    expect(store.objects.get(key)!.bytes).toHaveLength(101 * mebibyte)
    expect(await rowOf(ids)).toMatchObject({
      multipart_id: null,
      object_etag: store.objects.get(key)!.etag,
      completed_at: now(),
    })
  })
})

describe('with checksums', () => {
  const sha256 = 'ab'.repeat(32)

  test('each part is signed with its own, and none without', async () => {
    const { actor, grant, ids } = await begin({ verify_parts: true })
    expect(grant.parts).toEqual([])

    const { body } = await act('signUploadParts', actor, ids, { part_numbers: [2], sha256: [sha256] })
    expect(body.parts[0].headers).toEqual({
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
    })
    expect(await act('signUploadParts', actor, ids, { part_numbers: [2] })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/sha256', code: 'required' }] },
    })
  })

  test('which an upload that was begun without does not take', async () => {
    const { actor, ids } = await begin()
    expect(await act('signUploadParts', actor, ids, { part_numbers: [2], sha256: [sha256] })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/sha256', code: 'invalid' }] },
    })
  })
})

describe('addresses are refused', () => {
  test.each([
    { name: 'for a part that there is not', part_numbers: [8], pointer: '#/body/part_numbers/0' },
    { name: 'for part 0', part_numbers: [0], pointer: '#/body/part_numbers/0' },
    { name: 'for part 10 001', part_numbers: [10_001], pointer: '#/body/part_numbers/0' },
    { name: 'for half a part', part_numbers: [1.5], pointer: '#/body/part_numbers/0' },
    { name: 'for one part twice', part_numbers: [1, 1], pointer: '#/body/part_numbers' },
    { name: 'for no part', part_numbers: [], pointer: '#/body/part_numbers' },
    { name: 'for 101 at once', part_numbers: Array(101).fill(1), pointer: '#/body/part_numbers' },
  ])('$name', async ({ part_numbers, pointer }) => {
    const { actor, ids } = await begin()
    const { status, problem } = await act('signUploadParts', actor, ids, { part_numbers })
    expect(status).toBe(422)
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]))
  })

  test('once the time of the upload is over, though not a minute before', async () => {
    const { actor, ids } = await begin()
    later(24 * 60 - 1)
    expect(await act('signUploadParts', actor, ids, { part_numbers: [1] })).toMatchObject({ status: 200 })
    later(1)
    expect(await act('signUploadParts', actor, ids, { part_numbers: [1] })).toMatchObject(over)
    expect(await act('completeUpload', actor, ids, {})).toMatchObject(over)
  })

  test('of a small file for anything but its one part', async () => {
    const { actor, ids } = await begin({ size_bytes: 1_000 })
    expect(await act('signUploadParts', actor, ids, { part_numbers: [1] })).toMatchObject({
      status: 200,
      body: { parts: [{ part_number: 1, headers: { 'content-type': 'audio/wav' } }] },
    })
    expect(await act('signUploadParts', actor, ids, { part_numbers: [2] })).toMatchObject({ status: 422 })
  })
})

describe('an upload is not completed', () => {
  test('while parts are missing or are not whole, which it names', async () => {
    const { actor, ids, put } = await begin()
    const named = [put(1, parts[0]!), put(2, parts[1]!.subarray(1)), put(4, parts[3]!)]

    const answer = await act('completeUpload', actor, ids, { parts: named })

    expect(answer).toMatchObject({
      status: 409,
      problem: { code: 'upload_incomplete', missing_parts: [2, 3, 5, 6, 7] },
    })
    expect(await statusOf(ids)).toBe('uploading')
  })

  test('with a part left out of the list', async () => {
    const begun = await begin()
    const named = sendAll(begun).slice(1)
    expect(await act('completeUpload', begun.actor, begun.ids, { parts: named })).toMatchObject({
      status: 409,
      problem: { code: 'upload_incomplete', missing_parts: [1] },
    })
  })

  test('with a part that was sent anew since, or is none', async () => {
    const begun = await begin()
    const named = sendAll(begun)
    begun.put(2, Buffer.alloc(16 * mebibyte, 1))

    const answer = await act('completeUpload', begun.actor, begun.ids, {
      parts: [...named, { part_number: 9, etag: '0'.repeat(32) }],
    })

    expect(answer).toMatchObject({
      status: 409,
      problem: { code: 'upload_part_changed', part_numbers: [2, 9] },
    })
  })

  test('and ends where there is more of it than was declared', async () => {
    const begun = await begin()
    const { actor, ids, put } = begun
    const named = [...sendAll(begun), put(8, Buffer.alloc(1))]

    expect(await act('completeUpload', actor, ids, { parts: named })).toMatchObject({
      status: 413,
      problem: { code: 'payload_too_large' },
    })

    expect(await rowOf(ids)).toMatchObject({
      status: 'rejected',
      status_reason: 'too_large',
      multipart_id: null,
    })
    expect([...store.multiparts.values()].some(({ key }) => key === begun.key)).toBe(false)
  })

  test('before a small file is there', async () => {
    const { actor, ids, key } = await begin({ size_bytes: 4 })
    expect(await act('completeUpload', actor, ids, {})).toMatchObject({
      status: 409,
      problem: { code: 'upload_incomplete', missing_parts: [1] },
    })
    store.arrive(key, Buffer.from('tide'))
    expect(await act('completeUpload', actor, ids, {})).toMatchObject({
      status: 202,
      body: { status: 'scanning' },
    })
  })

  test.each([
    { name: 'a tag that is none', parts: [{ part_number: 1, etag: 'x' }] },
    { name: 'a number that is none', parts: [{ part_number: '1', etag: '0'.repeat(32) }] },
    { name: 'part 10 001', parts: [{ part_number: 10_001, etag: '0'.repeat(32) }] },
    { name: 'an unknown member', parts: [{ part_number: 1, etag: '0'.repeat(32), size: 1 }] },
  ])('with $name', async ({ parts }) => {
    const { actor, ids } = await begin()
    expect(await act('completeUpload', actor, ids, { parts })).toMatchObject({ status: 422 })
  })
})

describe('completing again', () => {
  test('answers as the first time, however far it has come', async () => {
    const begun = await begin()
    const named = { parts: sendAll(begun) }
    await act('completeUpload', begun.actor, begun.ids, named)
    expect(await act('completeUpload', begun.actor, begun.ids, named)).toMatchObject({ status: 202 })
    await sql`update uploads set status = 'ready' where id = ${begun.ids.upload_id}`
    expect(await act('completeUpload', begun.actor, begun.ids, named)).toMatchObject({
      status: 202,
      body: { status: 'ready' },
    })
  })

  test('finds what the store has completed, though its answer got lost', async () => {
    const begun = await begin()
    const named = { parts: sendAll(begun) }
    store.failNext('completeMultipart', 'after')
    expect(await act('completeUpload', begun.actor, begun.ids, named)).toMatchObject({ status: 500 })
    expect(await statusOf(begun.ids)).toBe('uploading')

    expect(await act('completeUpload', begun.actor, begun.ids, named)).toMatchObject({
      status: 202,
      body: { status: 'scanning' },
    })
  })

  test('at the same time makes one object', async () => {
    const begun = await begin()
    const named = { parts: sendAll(begun) }

    const answers = await race(3, (act) => act('completeUpload', begun.actor, begun.ids, named))

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
    const [{ count }] = await sql<[{ count: number }]>`
      select count(*)::int from upload_events where upload_id = ${begun.ids.upload_id} and status = 'scanning'
    `
    expect(count).toBe(1)
  })
})

describe('aborting', () => {
  test('throws the parts away, frees the track, and may be repeated', async () => {
    const { actor, ids, key, put } = await begin()
    put(1, parts[0]!)

    expect(await act('abortUpload', actor, ids)).toMatchObject({ status: 204 })
    expect(await act('abortUpload', actor, ids)).toMatchObject({ status: 204 })

    expect([...store.multiparts.values()].some((upload) => upload.key === key)).toBe(false)
    expect((await act('getUpload', actor, ids)).body).toMatchObject({
      status: 'failed',
      status_reason: 'upload_aborted',
      parts_uploaded: [],
    })
    expect(await act('signUploadParts', actor, ids, { part_numbers: [1] })).toMatchObject(over)
    expect(await act('completeUpload', actor, ids, {})).toMatchObject(over)
    const track_id = ids.track_id
    const next = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9 }
    expect(await act('requestUpload', actor, { track_id }, next)).toMatchObject({ status: 201 })
  })

  test.each(['scanning', 'processing', 'transcoding', 'ready', 'rejected'])(
    'is refused of what is %s',
    async (status) => {
      const { actor, ids } = await begin()
      await sql`update uploads set status = ${status} where id = ${ids.upload_id}`
      expect(await act('abortUpload', actor, ids)).toMatchObject(over)
      expect(await statusOf(ids)).toBe(status)
    },
  )

  test('stands though the store does not answer', async () => {
    const { actor, ids } = await begin()
    store.failNext('abortMultipart')
    expect(await act('abortUpload', actor, ids)).toMatchObject({ status: 204 })
    expect(await rowOf(ids)).toMatchObject({ status: 'failed', multipart_id: expect.any(String) })
  })

  test('while it is completed, one of both is done and the other says so', async () => {
    for (let round = 0; round < 4; round += 1) {
      const begun = await begin()
      const named = { parts: sendAll(begun) }
      const [completed, aborted] = await race(2, (act, index) =>
        index === 0
          ? act('completeUpload', begun.actor, begun.ids, named)
          : act('abortUpload', begun.actor, begun.ids),
      )

      const status = await statusOf(begun.ids)
      const outcome = { completed: completed!.status, aborted: aborted!.status, status }
      expect([
        { completed: 202, aborted: 409, status: 'scanning' },
        { completed: 409, aborted: 204, status: 'failed' },
      ]).toContainEqual(outcome)
    }
  }, 30_000)
})

describe('where the store fails to begin', () => {
  test('the upload is over at once, and the next one may come', async () => {
    const actor = await seedActor(sql)
    const track_id = await createTrack(actor)
    const body = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 200 * mebibyte }
    store.failNext('createMultipart')

    expect(await act('requestUpload', actor, { track_id }, body)).toMatchObject({
      status: 503,
      problem: { code: 'unavailable' },
    })
    const [row] = await sql`select status, status_reason from uploads where track_id = ${track_id}`
    expect(row).toEqual({ status: 'failed', status_reason: 'storage_unavailable' })
    expect(await act('requestUpload', actor, { track_id }, body)).toMatchObject({ status: 201 })
  })

  test('and we are gone before that can be written down, the next one may come a minute later', async () => {
    const { actor, ids } = await begin()
    await sql`update uploads set multipart_id = null where id = ${ids.upload_id}`
    const { track_id } = ids
    const body = { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9 }
    expect(await act('signUploadParts', actor, ids, { part_numbers: [1] })).toMatchObject({
      status: 409,
      problem: { code: 'conflict' },
    })
    expect(await act('requestUpload', actor, { track_id }, body)).toMatchObject({ status: 409 })
    later(1)
    expect(await act('requestUpload', actor, { track_id }, body)).toMatchObject({ status: 201 })
  })
})

describe('an upload is not there', () => {
  const calls = [
    { name: 'getUpload' },
    { name: 'signUploadParts', body: { part_numbers: [1] } },
    { name: 'completeUpload', body: {} },
    { name: 'abortUpload' },
  ] as const

  test.each(calls)('for $name by a stranger or a viewer, by another track or a made-up id', async (call) => {
    const { actor, ids } = await begin()
    const body = 'body' in call ? call.body : undefined
    const stranger = await seedActor(sql)
    const viewer = await seedActor(sql)
    await sql`
      insert into track_collaborators (track_id, user_id, role, status, accepted_at)
      values (${ids.track_id}, ${viewer.id}, 'viewer', 'accepted', now())
    `
    const other = await createTrack(actor)

    const answers = await Promise.all([
      act(call.name, stranger, ids, body),
      act(call.name, viewer, ids, body),
      act(call.name, actor, { ...ids, track_id: other }, body),
      act(call.name, actor, { ...ids, upload_id: randomUUID() }, body),
    ])

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    expect(await statusOf(ids)).toBe('uploading')
  })
})
