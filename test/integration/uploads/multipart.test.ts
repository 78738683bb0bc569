import { useDatabase } from '../../support/database.ts'
import { createUploading, mebibyte, parts } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, begin, later, now, rowOf, store } = createUploading(sql, settings)

type Begun = Awaited<ReturnType<typeof begin>>

const sendAll = ({ put }: Begun) => parts.map((bytes, index) => put(index + 1, bytes))
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
