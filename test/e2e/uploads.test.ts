import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type AudioFile, expectStatus, putFile } from '../../infra/local/client.ts'
import { checkHls } from '../../infra/local/hls.ts'
import { eicar, makeAudio, truncate } from '../support/audio.ts'
import { newClient, sdkSettings } from '../support/platform.ts'

const client = await newClient()
const { token, username } = await client.join()

async function uploadTo(trackId: string, file: AudioFile) {
  const grant = await client.requestUpload(token, trackId, file)
  expect(await putFile(grant, file.bytes)).toMatchObject({ status: 200 })
  return client.followUpload(token, trackId, grant.upload_id)
}

async function uploadNew(file: AudioFile) {
  const track = await client.createTrack(token)
  const upload = await uploadTo(track.id, file)
  return {
    upload,
    track: expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}`, { token })),
  }
}

describe('a file goes all the way', () => {
  test.each([
    { name: 'mp3', content_type: 'audio/mpeg' },
    { name: 'wav', content_type: 'audio/wav' },
    { name: 'flac', content_type: 'audio/flac' },
    { name: 'ogg', content_type: 'audio/ogg' },
    { name: 'm4a', content_type: 'audio/mp4' },
  ] as const)('$name plays', async ({ name, content_type }) => {
    const { upload, track } = await uploadNew({
      name: `song.${name}`,
      content_type,
      bytes: await makeAudio(name),
    })

    expect(upload).toMatchObject({ status: 'ready', status_reason: null })
    const seen = upload.timeline.map(({ status }: { status: string }) => status)
    expect(seen).toEqual(['uploading', 'scanning', 'processing', 'transcoding', 'ready'])
    expect(track).toMatchObject({
      status: 'ready',
      version: { number: 1 },
      channels: 2,
      access: { stream: true, edit: true },
    })
    expect(track.codec).toEqual(expect.any(String))
    expect(track.duration_ms).toBeGreaterThan(0)

    const stream = expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}/stream`))
    const hls = await checkHls(stream.manifest_url)
    expect(Math.abs(hls.seconds - track.duration_ms / 1_000)).toBeLessThan(0.5)
  })

  test('and is listed: to its artist always, to others once it is public and ready', async () => {
    const stranger = await newClient()
    const draft = await client.createTrack(token, { title: 'Unheard' })
    const list = (by: typeof client, call = {}) =>
      by.request('GET', `/api/v1/tracks?artist=${username}&limit=100`, call)
    const titles = async (answer: ReturnType<typeof list>) =>
      expectStatus(200, await answer).data.map((t: { id: string }) => t.id)

    expect(await titles(list(client, { token }))).toContain(draft.id)
    expect(await titles(list(stranger))).not.toContain(draft.id)
    expect(await stranger.request('GET', `/api/v1/tracks/${draft.id}`)).toMatchObject({ status: 404 })
  })

  test('until its artist deletes it', async () => {
    const track = await client.createTrack(token)
    const stranger = await (await newClient()).join('stranger')
    const path = `/api/v1/tracks/${track.id}`
    expect(await client.request('DELETE', path, { token: stranger.token })).toMatchObject({ status: 404 })
    expect(await client.request('DELETE', path, { token })).toMatchObject({ status: 204 })
    expect(await client.request('GET', path, { token })).toMatchObject({ status: 404 })
  })
})

describe('a file that must not play is refused with its reason', () => {
  test.each([
    {
      name: 'EICAR inside a .wav',
      file: 'x.wav',
      type: 'audio/wav',
      bytes: async () => eicar(await makeAudio('wav')),
      reason: 'infected',
    },
    {
      name: 'a text file named .mp3',
      file: 'x.mp3',
      type: 'audio/mpeg',
      bytes: async () => Buffer.from('This is no music.\n'.repeat(500)),
      reason: 'unsupported_media',
    },
    {
      name: 'a truncated MP3',
      file: 'x.mp3',
      type: 'audio/mpeg',
      bytes: async () => truncate(await makeAudio('mp3')),
      reason: 'truncated',
    },
    {
      name: 'a FLAC that says it is an MP3',
      file: 'x.mp3',
      type: 'audio/mpeg',
      bytes: () => makeAudio('flac'),
      reason: 'content_mismatch',
    },
  ])('$name', async ({ file, type, bytes, reason }) => {
    const { upload, track } = await uploadNew({ name: file, content_type: type, bytes: await bytes() })
    expect(upload).toMatchObject({ status: 'rejected', status_reason: reason })
    expect(track).toMatchObject({ status: 'rejected', status_reason: reason })
    const stream = await client.request('GET', `/api/v1/tracks/${track.id}/stream`, { token })
    expect(stream).toMatchObject({ status: 409, body: { code: 'track_not_ready' } })
  })

  test('an empty file, at once', async () => {
    const track = await client.createTrack(token)
    const body = { filename: 'x.wav', content_type: 'audio/wav', size_bytes: 0 }
    const answer = await client.request('POST', `/api/v1/tracks/${track.id}/uploads`, { token, body })
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '#/body/size_bytes' }] } })
  })
})

describe('S3 takes only what was agreed', () => {
  const bytes = Buffer.alloc(2_000, 1)
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes }
  const begun: string[] = []
  const grantOf = async () => {
    const { id } = await client.createTrack(token)
    const grant = await client.requestUpload(token, id, file)
    begun.push(`/api/v1/tracks/${id}/uploads/${grant.upload_id}`)
    return grant
  }
  afterEach(async () => {
    for (const path of begun.splice(0)) await client.request('DELETE', path, { token })
  })

  test('another size is refused', async () => {
    expect(await putFile(await grantOf(), Buffer.alloc(2_001, 1))).toMatchObject({ status: 403 })
    expect(await putFile(await grantOf(), Buffer.alloc(1_999, 1))).toMatchObject({ status: 403 })
  })

  test('another type is refused', async () => {
    const grant = await grantOf()
    const headers = { ...grant.headers, 'content-type': 'text/html' }
    expect(await putFile({ ...grant, headers }, bytes)).toMatchObject({ status: 403 })
  })

  test('a URL with another key or a longer life is refused', async () => {
    const grant = await grantOf()
    const url = new URL(grant.url)
    url.pathname += 'x'
    expect(await putFile({ ...grant, url: url.href }, bytes)).toMatchObject({ status: 403 })
    const longer = new URL(grant.url)
    longer.searchParams.set('X-Amz-Expires', '604800')
    expect(await putFile({ ...grant, url: longer.href }, bytes)).toMatchObject({ status: 403 })
  })

  test('a URL whose time is moved is refused', async () => {
    const grant = await grantOf()
    const moved = new URL(grant.url)
    moved.searchParams.set('X-Amz-Date', '20200101T000000Z')
    expect(await putFile({ ...grant, url: moved.href }, bytes)).toMatchObject({ status: 403 })
  })

  test('a second upload to the same URL does not overwrite the first', async () => {
    const grant = await grantOf()
    expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
    expect((await putFile(grant, Buffer.alloc(2_000, 2))).status).toBeGreaterThanOrEqual(403)
  })

  test('a second upload of a track waits for the first', async () => {
    const track = await client.createTrack(token)
    await client.requestUpload(token, track.id, file)
    const body = { filename: 'b.wav', content_type: 'audio/wav', size_bytes: 10 }
    const answer = await client.request('POST', `/api/v1/tracks/${track.id}/uploads`, { token, body })
    expect(answer).toMatchObject({ status: 409, body: { code: 'upload_in_progress' } })
  })
})

describe('nothing unscanned is readable', () => {
  test('anonymously, by the upload URL turned into a GET, or with a caller key', async () => {
    const file = { name: 'a.wav', content_type: 'audio/wav', bytes: await makeAudio('wav') }
    const grant = await client.requestUpload(token, (await client.createTrack(token)).id, file)
    await putFile(grant, file.bytes)
    const { origin, pathname } = new URL(grant.url)

    expect((await fetch(origin + pathname)).status).toBe(403)
    expect((await fetch(grant.url)).status).toBe(403)
    for (const caller of ['stream_server', 'operator']) {
      const s3 = new S3Client({ ...sdkSettings(client.platform, caller), forcePathStyle: true })
      const [, bucket, ...key] = pathname.split('/')
      const read = s3.send(new GetObjectCommand({ Bucket: bucket, Key: key.join('/') }))
      await expect(read).rejects.toMatchObject({ name: 'AccessDenied' })
    }
  })

  test('another artist sees neither the track nor its upload', async () => {
    const stranger = await (await newClient()).join('stranger')
    const track = await client.createTrack(token)
    const grant = await client.requestUpload(token, track.id, {
      name: 'a.wav',
      content_type: 'audio/wav',
      bytes: Buffer.alloc(9),
    })
    const path = `/api/v1/tracks/${track.id}/uploads`
    const body = { filename: 'b.wav', content_type: 'audio/wav', size_bytes: 10 }
    expect(
      await client.request('GET', `${path}/${grant.upload_id}`, { token: stranger.token }),
    ).toMatchObject({ status: 404 })
    expect(await client.request('POST', path, { token: stranger.token, body })).toMatchObject({ status: 404 })
  })
})
