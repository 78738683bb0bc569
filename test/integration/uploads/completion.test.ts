import { jest } from '@jest/globals'
import { useDatabase } from '../../support/database.ts'
import { createUploading, mebibyte, parts } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, begin, race, rowOf, store } = createUploading(sql, settings)

type Begun = Awaited<ReturnType<typeof begin>>

const sendAll = ({ put }: Begun) => parts.map((bytes, index) => put(index + 1, bytes))
const statusOf = async (ids: Begun['ids']) => (await rowOf(ids)).status

afterEach(() => {
  store.objects.clear()
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

  test('is done where another call and the scan were faster than this one', async () => {
    const begun = await begin()
    const named = { parts: sendAll(begun) }
    const { listParts } = store
    const overtaken = jest.spyOn(store, 'listParts').mockImplementationOnce(async (key, id) => {
      await act('completeUpload', begun.actor, begun.ids, named)
      await sql`update uploads set status = 'ready' where id = ${begun.ids.upload_id}`
      store.objects.clear()
      return listParts(key, id)
    })

    const answer = await act('completeUpload', begun.actor, begun.ids, named)

    overtaken.mockRestore()
    expect(answer).toMatchObject({ status: 202, body: { status: 'ready' } })
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
