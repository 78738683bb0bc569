import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import sharp from 'sharp'
import { expectStatus, putFile, until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { makeAudio } from '../support/audio.ts'
import { pictureFrame, withId3 } from '../support/corpus/build.ts'
import { infect, makePhoto } from '../support/pictures.ts'
import { control, newClient, sdkSettings } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'

const client = await newClient()
const { platform } = client
const photo = await makePhoto('png', { width: 800, height: 600 })
const avatar = '/api/v1/users/me/avatar'
const asPng = (bytes: Buffer) => ({ name: 'me.png', content_type: 'image/png', bytes })

const me = async (token: string) =>
  expectStatus(200, await client.request('GET', '/api/v1/users/me', { token }))

test('a photo that tells where it was taken is shown as WebP that tells nothing', async () => {
  const { token } = await client.join()

  const upload = await client.sendPicture(token, avatar, asPng(photo))

  expect(upload).toMatchObject({ status: 'ready', status_reason: null })
  const { avatar_url } = await me(token)
  expect(avatar_url).toMatch(new RegExp(`^${platform.media_url}/images/[0-9a-f]{64}/256\\.webp$`))
  for (const [size, side] of [
    [64, 64],
    [256, 256],
    [1024, 600],
  ]) {
    const answer = await fetch(avatar_url.replace(/256(?=\.webp$)/, String(size)))
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/webp',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const metadata = await sharp(bytes).metadata()
    expect(metadata).toMatchObject({ format: 'webp', width: side, height: side, hasProfile: false })
    expect([metadata.exif, metadata.xmp, metadata.icc]).toEqual([undefined, undefined, undefined])
    for (const trace of ['Ada North', 'EXIF', 'GPS']) expect(bytes.includes(trace)).toBe(false)
  }
})

test('who has a picture already is told so, and HEAD tells of it', async () => {
  const { token } = await client.join()
  await client.sendPicture(token, avatar, asPng(photo))
  const { avatar_url } = await me(token)
  const head = await fetch(avatar_url, { method: 'HEAD' })
  expect([head.status, Number(head.headers.get('content-length')) > 0]).toEqual([200, true])
  const again = await fetch(avatar_url, { headers: { 'if-none-match': head.headers.get('etag')! } })
  expect(again.status).toBe(304)
})

test('a picture with a virus is refused, and no route, URL or caller reads it', async () => {
  const { token } = await client.join()
  const upload = await client.sendPicture(token, avatar, asPng(infect(photo)))
  expect(upload).toMatchObject({ status: 'rejected', status_reason: 'infected' })
  expect((await me(token)).avatar_url).toBeNull()

  const key = `uploads/images/${upload.id}`
  const { uploads, media } = platform.aws.buckets
  expect((await fetch(`${platform.media_url}/${key}`)).status).toBe(403)
  for (const bucket of [uploads!, media!]) {
    expect((await fetch(`${platform.aws.endpoint_url}/${bucket}/${key}`)).status).toBe(403)
    for (const caller of ['operator', 'stream_server']) {
      const s3 = new S3Client({ ...sdkSettings(platform, caller), forcePathStyle: true })
      await expect(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 403 },
      })
    }
  }
})

test('a picture in a file becomes the artwork of its track, and its owner can read what became of it', async () => {
  const { token } = await client.join()
  const track = await client.createTrack(token)
  const bytes = withId3(await makeAudio('mp3'), pictureFrame(photo))
  const file = { name: 'low-tide.mp3', content_type: 'audio/mpeg', bytes }
  const grant = await client.requestUpload(token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })

  const path = `/api/v1/tracks/${track.id}`
  const shown = await until(
    'the artwork to be shown',
    async () => {
      const body = expectStatus(200, await client.request('GET', path, { token }))
      return body.artwork_url && body.status === 'ready' ? body : undefined
    },
    60_000,
  )

  expect((await fetch(shown.artwork_url)).headers.get('content-type')).toBe('image/webp')
  expect(shown.embedded_artwork).toMatchObject({ status: 'ready', content_type: 'image/png' })
  expect(shown.differences).toMatchObject([{ field: 'title', declared: track.title, detected: 'Low Tide' }])
})

test('the delivery has pictures and nothing else', async () => {
  const refused = [
    ['GET', '/'],
    ['GET', '/images/'],
    ['GET', `/images/${'0'.repeat(64)}/256.webp`],
    ['GET', '/originals/images/0198f3a0-0000-7000-8000-000000000001'],
    ['GET', '/images/../originals/x'],
    ['GET', '/images/%2e%2e/originals/x'],
    ['PUT', `/images/${'0'.repeat(64)}/256.webp`],
    ['DELETE', `/images/${'0'.repeat(64)}/256.webp`],
    ['OPTIONS', '/'],
  ] as const
  for (const [method, path] of refused) {
    const { status } = await fetch(platform.media_url + path, { method })
    expect([method, path, status]).toEqual([method, path, 403])
  }
})

test('a grant is for these bytes alone, and for once', async () => {
  const { token } = await client.join()
  const body = { filename: 'me.png', content_type: 'image/png', size_bytes: photo.length }
  const grant = expectStatus(201, await client.request('POST', '/api/v1/users/me/avatar', { token, body }))
  expect(await putFile(grant, photo.subarray(1))).toMatchObject({ status: 403 })
  expect(
    await putFile({ ...grant, headers: { ...grant.headers, 'content-type': 'image/gif' } }, photo),
  ).toMatchObject({
    status: 403,
  })
  expect(await putFile(grant, photo)).toMatchObject({ status: 200 })
  expect(await putFile(grant, photo)).toMatchObject({ status: 412 })
})

test('a picture that nobody shows can be fetched for a day, and then no more', async () => {
  const { token } = await client.join()
  const bytes = await makePhoto('png', { width: 333, height: 222 })
  expect(await client.sendPicture(token, avatar, asPng(bytes))).toMatchObject({ status: 'ready' })
  const { avatar_url } = await me(token)
  expect((await fetch(avatar_url)).status).toBe(200)

  expectStatus(204, await client.request('DELETE', '/api/v1/users/me/avatar', { token }))
  await control('schedules/expire-images/run', {})
  expect((await fetch(avatar_url)).status).toBe(200)
  const sql = connect(settingsOf(platform.database_url))
  const sha256 = avatar_url.split('/').at(-2)
  await sql`update images set idle_since = now() - interval '25 hours' where sha256 = ${sha256}`
  await sql.end()
  await control('schedules/expire-images/run', {})
  for (const size of [64, 256, 1024]) {
    expect((await fetch(avatar_url.replace(/256(?=\.webp$)/, String(size)))).status).toBe(403)
  }
})
