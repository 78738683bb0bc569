import { randomUUID } from 'node:crypto'
import { useDatabase } from '../../support/database.ts'
import { seedActor } from '../../support/tracks.ts'
import { createUploading, mebibyte, parts } from '../../support/uploading.ts'

const { sql, settings } = useDatabase()
const { act, begin, createTrack, later, race, rowOf, store } = createUploading(sql, settings)

type Begun = Awaited<ReturnType<typeof begin>>

const sendAll = ({ put }: Begun) => parts.map((bytes, index) => put(index + 1, bytes))
const statusOf = async (ids: Begun['ids']) => (await rowOf(ids)).status
const over = { status: 409, problem: { code: 'upload_over' } }

afterEach(() => {
  store.objects.clear()
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
