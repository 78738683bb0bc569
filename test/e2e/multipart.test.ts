import { createHash } from 'node:crypto'
import { expectStatus, type Json, putFile, until } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { beginInParts, leaveUploadsHalfDone } from '../support/half-done-uploads.ts'
import { control, newClient } from '../support/platform.ts'

/** Uploads in parts, as far as it takes the store to try them. The parts are small, see `beginInParts`. */
const client = await newClient()
const { token } = await client.join()
const song = await makeAudio('wav')
const sha256 = createHash('sha256').update(song).digest('hex')

type Begun = Awaited<ReturnType<typeof beginInParts>>

const begun: Begun[] = []
const begin = async (checksum?: string) => {
  const upload = await beginInParts(client, token, song, checksum)
  begun.push(upload)
  return upload
}
afterEach(async () => {
  for (const { path } of begun.splice(0)) await client.request('DELETE', path, { token })
})

const complete = (upload: Begun, etag: string | undefined) =>
  client.request('POST', `${upload.path}/complete`, {
    token,
    body: { parts: [{ part_number: 1, etag }] },
  })
const partsOf = async ({ path }: Begun): Promise<Json[]> =>
  expectStatus(200, await client.request('GET', path, { token })).parts_uploaded

test('a file in parts is put together, scanned and plays', async () => {
  const upload = await begin(sha256)
  const { status, etag } = await putFile(upload.part, song)
  expect(status).toBe(200)
  expect(await partsOf(upload)).toEqual([
    { part_number: 1, etag: etag!.replaceAll('"', ''), size_bytes: song.length },
  ])

  const answers = await Promise.all([complete(upload, etag), complete(upload, etag), complete(upload, etag)])

  expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202])
  const end = await client.followUpload(token, upload.track_id, upload.upload_id)
  expect(end).toMatchObject({ status: 'ready', mode: 'multipart', parts_uploaded: [] })
  const seen = end.timeline.map(({ status }: Json) => status)
  expect(seen).toEqual(['uploading', 'scanning', 'processing', 'transcoding', 'ready'])
  expect(await client.request('DELETE', upload.path, { token })).toMatchObject({
    status: 409,
    body: { code: 'upload_over' },
  })
})

describe('the store refuses', () => {
  test('a part of another size than the one that was signed', async () => {
    const upload = await begin()
    expect(await putFile(upload.part, song.subarray(1))).toMatchObject({ status: 403 })
    expect(await putFile(upload.part, Buffer.concat([song, Buffer.alloc(1)]))).toMatchObject({ status: 403 })
    expect(await partsOf(upload)).toEqual([])
  })

  test('the address of one part for another one', async () => {
    const upload = await begin()
    const url = new URL(upload.part.url)
    url.searchParams.set('partNumber', '2')
    expect(await putFile({ ...upload.part, url: url.href }, song)).toMatchObject({ status: 403 })
  })

  test('a part that is not what its checksum says', async () => {
    const upload = await begin(sha256)
    const other = Buffer.from(song).fill(1, 100, 200)
    expect(await putFile(upload.part, other)).toMatchObject({
      status: 400,
      body: expect.stringContaining('BadDigest'),
    })
    const { headers } = upload.part
    const unsigned = { ...upload.part, headers: { ...headers, 'x-amz-checksum-sha256': '' } }
    expect(await putFile(unsigned, song)).toMatchObject({ status: 403 })
    expect(await partsOf(upload)).toEqual([])
  })

  test('whatever still comes once the upload is aborted', async () => {
    const upload = await begin()
    expectStatus(204, await client.request('DELETE', upload.path, { token }))
    expect(await putFile(upload.part, song)).toMatchObject({
      status: 404,
      body: expect.stringContaining('NoSuchUpload'),
    })
  })
})

test('a part that was sent anew is meant by its new tag alone', async () => {
  const upload = await begin()
  const { etag: before } = await putFile(upload.part, Buffer.alloc(song.length, 1))
  const { etag: after } = await putFile(upload.part, song)
  expect(await complete(upload, before)).toMatchObject({
    status: 409,
    body: { code: 'upload_part_changed', part_numbers: [1] },
  })
  expect(await complete(upload, after)).toMatchObject({ status: 202 })
})

test('the clock completes what was left half done', async () => {
  const { track_id, upload_id, path } = await leaveUploadsHalfDone(client, token, song)
  await until('the sweep to complete it', async () => {
    await control('schedules/sweep-uploads/run', {})
    const { status } = expectStatus(200, await client.request('GET', path, { token }))
    return status === 'uploading' ? undefined : status
  })
  expect(await client.followUpload(token, track_id, upload_id)).toMatchObject({ status: 'ready' })
})

test('a file that is in the library is refused to its owner, and looked at where it is another', async () => {
  const track = await client.createTrack(token)
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes: song }
  const { upload_id } = await client.requestUpload(token, track.id, file)
  const path = `/api/v1/tracks/${track.id}/uploads/${upload_id}`
  const { method, parts } = expectStatus(
    200,
    await client.request('POST', `${path}/parts`, { token, body: { part_numbers: [1] } }),
  )
  await putFile({ method, ...parts[0] }, song)
  await client.followUpload(token, track.id, upload_id)

  const body = { filename: 'b.wav', content_type: 'audio/wav', size_bytes: song.length, sha256 }
  const again = { token, body }
  const { id } = await client.createTrack(token)
  expect(await client.request('POST', `/api/v1/tracks/${id}/uploads`, again)).toMatchObject({
    status: 409,
    body: { code: 'duplicate_file', track_ids: expect.arrayContaining([track.id]) },
  })

  const other = await (await newClient()).join('other')
  const theirs = await client.createTrack(other.token)
  const grant = await client.requestUpload(other.token, theirs.id, file)
  await putFile(grant, song)
  await client.followUpload(other.token, theirs.id, grant.upload_id)
  const admin = await client.admin()
  await until('moderators to be asked', async () => {
    const query = '?kind=track&reason=copyright&limit=100'
    const { data } = expectStatus(200, await client.request('GET', `/api/v1/admin/reports${query}`, admin))
    return data.find(({ subject }: Json) => subject.id === theirs.id)
  })
})
