import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { userRoutes } from '../../../functions/users/routes.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useAvatars } from '../../support/avatars.ts'
import { useClamd } from '../../support/clamd.ts'
import { useDatabase } from '../../support/database.ts'
import { mediaUrl } from '../../support/images.ts'
import { makePhoto, makePicture } from '../../support/pictures.ts'

const db = useDatabase()
const { sql } = db
const clamav = useClamd()
const picture = await makePicture('png')
const other = await makePicture('jpeg', { width: 500, height: 500 })

const setUp = useAvatars(db, clamav)

const imageOf = (url: string | null) => url!.split('/').at(-2)!

test('a picture is granted a place, seen on its way, and shown once it is drawn anew', async () => {
  const { ask, follow, send, scan, draw, originalOf, read, media, uploads, clock } = await setUp()
  const photo = await makePhoto('jpeg', { width: 900, height: 600 })

  const { status, body: grant } = await ask(photo, { content_type: 'image/jpeg', filename: 'C:\\me\\I.JPG' })

  expect(status).toBe(201)
  expect(grant).toEqual({
    upload_id: expect.any(String),
    mode: 'single',
    method: 'PUT',
    url: expect.stringContaining(`/uploads/images/${grant.upload_id}?`),
    headers: { 'content-type': 'image/jpeg' },
    expires_at: new Date(clock.now().getTime() + 900_000).toISOString(),
  })
  const waiting = await follow(grant)
  expect(waiting.body).toMatchObject({ filename: 'I.JPG', status: 'uploading', status_reason: null })
  expect(waiting.headers['retry-after']).toBe('1')
  expect((await follow(grant, { headers: { 'if-none-match': waiting.headers.etag } })).status).toBe(304)

  await scan(send(grant, photo))
  expect((await follow(grant)).body).toMatchObject({ status: 'processing' })
  expect(uploads.objects.size).toBe(0)
  expect((await read()).body.avatar_url).toBeNull()

  const before = (await read()).headers.etag
  await draw(originalOf(grant))
  const done = await follow(grant)
  expect(done.headers).not.toHaveProperty('retry-after')
  expect(done.body.timeline.map((step) => step.status)).toEqual([
    'uploading',
    'scanning',
    'processing',
    'ready',
  ])

  const { body: me, headers } = await read()
  const sha256 = imageOf(me.avatar_url)
  expect(me.avatar_url).toBe(`${mediaUrl}/images/${sha256}/256.webp`)
  expect(headers.etag).not.toBe(before)
  expect([...media.objects.keys()].sort()).toEqual(
    ['1024', '256', '64'].map((size) => `images/${sha256}/${size}.webp`),
  )
  for (const { bytes, headers } of media.objects.values()) {
    expect(headers).toEqual({
      content_type: 'image/webp',
      cache_control: 'public, max-age=31536000, immutable',
      size_bytes: bytes.length,
    })
    const { format, width, height, exif } = await sharp(bytes).metadata()
    expect([format, width === height, exif]).toEqual(['webp', true, undefined])
  }
})

test('others see it, on profiles and in lists', async () => {
  const { show, user, api } = await setUp()
  await show(picture)
  const seen = await api.request(userRoutes.getUser, { params: { username: user.username } })
  expect(seen.body.avatar_url).toMatch(/\/images\/[0-9a-f]{64}\/256\.webp$/)
})

test('the profile is more complete with one', async () => {
  const { show, api, token } = await setUp()
  const missing = async () =>
    (await api.request(userRoutes.getOwnCompletion, { token })).body.missing.map(({ field }) => field)
  expect(await missing()).toContain('avatar')
  await show(picture)
  expect(await missing()).not.toContain('avatar')
})

test('nobody follows the upload of another', async () => {
  const { ask, api } = await setUp()
  const { body: grant } = await ask(picture)
  const { access_token: token } = await api.signIn()
  const params = { avatar_upload_id: grant.upload_id }
  expect((await api.request(userRoutes.getAvatarUpload, { token, params })).status).toBe(404)
  expect(
    (await api.request(userRoutes.getAvatarUpload, { token, params: { avatar_upload_id: randomUUID() } }))
      .status,
  ).toBe(404)
})

describe('the one chosen last is meant', () => {
  test.each(['uploading', 'scanning', 'processing'] as const)(
    'one under way (%s) gives way',
    async (state) => {
      const { ask, send, scan, draw, originalOf, outcome, read, pass, uploads, keys } = await setUp()
      const { body: first } = await ask(picture)
      const message = send(first, picture)
      if (state === 'scanning') {
        uploads.failNext('getStream')
        await expect(scan(message)).rejects.toThrow()
      }
      if (state === 'processing') await scan(message)
      const original = originalOf(first)

      const { body: second } = await ask(other, { content_type: 'image/jpeg' })
      await pass(second, other)
      const { avatar_url } = (await read()).body
      if (original) await draw(original)
      else await scan(message)

      expect(await outcome(first)).toEqual(['failed', 'replaced'])
      expect(await outcome(second)).toEqual(['ready', null])
      expect((await read()).body.avatar_url).toBe(avatar_url)
      expect(uploads.objects.size).toBe(0)
      expect(keys().filter((key) => !key.startsWith('images/'))).toEqual([])
    },
  )

  test('of many asked for at once one is under way', async () => {
    const { ask, user } = await setUp()
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(picture)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    const states = await sql<{ status: string }[]>`
      select status from image_uploads where subject_id = ${user.id} order by status
    `
    expect(states.map(({ status }) => status)).toEqual([...Array(7).fill('failed'), 'uploading'])
  })
})

describe('removing', () => {
  test('shows none any more, and twice is once', async () => {
    const { show, remove, read } = await setUp()
    await show(picture)
    expect((await remove()).status).toBe(204)
    const { body, headers } = await read()
    expect(body.avatar_url).toBeNull()
    expect((await remove()).status).toBe(204)
    expect((await read()).headers.etag).toBe(headers.etag)
  })

  test('takes back one under way', async () => {
    const { ask, send, scan, draw, originalOf, remove, outcome, read, keys } = await setUp()
    const { body: grant } = await ask(picture)
    await scan(send(grant, picture))
    await remove()
    await draw(originalOf(grant))
    expect(await outcome(grant)).toEqual(['failed', 'withdrawn'])
    expect((await read()).body.avatar_url).toBeNull()
    expect(keys().filter((key) => key.startsWith('originals/'))).toEqual([])
  })

  test('is refused on a stale version', async () => {
    const { show, remove, read } = await setUp()
    const { etag } = (await read()).headers
    await show(picture)
    expect((await remove({ 'if-match': etag })).status).toBe(412)
    expect((await remove({ 'if-match': (await read()).headers.etag })).status).toBe(204)
  })
})

test('an account that is over shows none, and what was sent for it is forgotten', async () => {
  const { show, user, clock } = await setUp()
  await show(picture)
  await sql`update users set deletes_at = ${clock.now()} where id = ${user.id}`
  await buryDueAccount(sql, clock.now())
  const [row] =
    await sql`select avatar_sha256, deleted_at is not null as is_buried from users where id = ${user.id}`
  expect(row).toEqual({ avatar_sha256: null, is_buried: true })
  expect(await sql`select from image_uploads where created_by = ${user.id}`).toHaveLength(0)
})

test('one that is drawn when the account is over is not shown', async () => {
  const { ask, send, scan, draw, originalOf, user, keys } = await setUp()
  const { body: grant } = await ask(picture)
  await scan(send(grant, picture))
  await sql`update users set deleted_at = now() where id = ${user.id}`
  await draw(originalOf(grant))
  const [upload] = await sql`select status, status_reason from image_uploads where id = ${grant.upload_id}`
  expect(upload).toEqual({ status: 'failed', status_reason: 'subject_deleted' })
  expect(keys().filter((key) => key.startsWith('originals/'))).toEqual([])
})
