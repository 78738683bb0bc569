import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { artworkRoutes } from '../../../functions/tracks/artwork-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createTrack } from '../../../lib/tracks/schemas.ts'
import { createClock } from '../../support/accounts.ts'
import { useClamd } from '../../support/clamd.ts'
import { useDatabase } from '../../support/database.ts'
import { composeImages, mediaUrl, requestOf } from '../../support/images.ts'
import { makePicture } from '../../support/pictures.ts'
import { createBuckets, seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const clamav = useClamd()
const picture = await makePicture('png', { width: 600, height: 300 })

async function setUp() {
  const clock = createClock()
  const images = composeImages(sql, {
    buckets: createBuckets(),
    socketPath: clamav.socketPath,
    now: clock.now,
  })
  const owner = await seedActor(sql)
  const body = createTrack.parse({ title: 'Low Tide', visibility: 'public', rights_confirmed: true })
  const { id: track_id } = await images.tracks.create(owner, body, '192.0.2.7')
  const params = { track_id }
  const ask = (actor: Actor, more: object = {}) =>
    images.callArtwork(artworkRoutes.requestArtwork, {
      actor,
      params,
      body: { ...requestOf(picture), ...more },
    })
  return {
    ...images,
    owner,
    track_id,
    ask,
    follow: (actor: Actor, grant: { upload_id: string }) =>
      images.callArtwork(artworkRoutes.getArtworkUpload, {
        actor,
        params: { ...params, artwork_upload_id: grant.upload_id },
      }),
    remove: (actor: Actor, headers = {}) =>
      images.callArtwork(artworkRoutes.deleteArtwork, { actor, params, headers }),
    shown: async () => (await images.tracks.get(owner, track_id)).artwork_url,
    async collaborate(role: 'editor' | 'commenter', status: 'invited' | 'accepted' = 'accepted') {
      const actor = await seedActor(sql)
      await sql`
        insert into track_collaborators (track_id, user_id, role, status)
        values (${track_id}, ${actor.id}, ${role}, ${status})
      `
      return actor
    },
  }
}

test('artwork keeps all it shows, and a track names it', async () => {
  const { owner, ask, pass, follow, shown, keys, media } = await setUp()
  const { status, body: grant } = await ask(owner)
  expect(status).toBe(201)
  await pass(grant, picture)

  expect((await follow(owner, grant)).body).toMatchObject({ status: 'ready' })
  const sha256 = await shown()
  expect(keys()).toEqual(['1024', '256', '64'].map((size) => `images/${sha256}/${size}.webp`))
  const { width, height } = await sharp(media.objects.get(`images/${sha256}/256.webp`)!.bytes).metadata()
  expect([width, height]).toEqual([256, 128])
  expect(mediaUrl).toMatch(/^https:/)
})

test('an editor sends it too, and nobody follows what another has sent', async () => {
  const { owner, ask, pass, follow, shown, collaborate } = await setUp()
  const editor = await collaborate('editor')
  const { body: grant } = await ask(editor)
  await pass(grant, picture)
  expect(await shown()).toMatch(/^[0-9a-f]{64}$/)
  expect((await follow(editor, grant)).status).toBe(200)
  expect((await follow(owner, grant)).status).toBe(404)
})

describe('is not found by', () => {
  test.each([
    { name: 'a stranger', who: (_: Awaited<ReturnType<typeof setUp>>) => seedActor(sql) },
    {
      name: 'a commenter',
      who: ({ collaborate }: Awaited<ReturnType<typeof setUp>>) => collaborate('commenter'),
    },
    {
      name: 'an editor who has not accepted',
      who: ({ collaborate }: Awaited<ReturnType<typeof setUp>>) => collaborate('editor', 'invited'),
    },
  ])('$name', async ({ who }) => {
    const set = await setUp()
    const actor = await who(set)
    expect((await set.ask(actor)).status).toBe(404)
    expect((await set.remove(actor)).status).toBe(404)
  })

  test('the owner of a track that is deleted', async () => {
    const { owner, ask, track_id } = await setUp()
    await sql`update tracks set deleted_at = now() where id = ${track_id}`
    expect((await ask(owner)).status).toBe(404)
  })
})

test('of a track that is deleted meanwhile it is not shown', async () => {
  const { owner, ask, send, scan, draw, originalOf, track_id, follow, keys } = await setUp()
  const { body: grant } = await ask(owner)
  await scan(send(grant, picture))
  await sql`update tracks set deleted_at = now() where id = ${track_id}`
  await draw(originalOf(grant))
  expect((await follow(owner, grant)).body).toMatchObject({
    status: 'failed',
    status_reason: 'subject_deleted',
  })
  expect(keys().filter((key) => key.startsWith('originals/'))).toEqual([])
})

test('what an editor has under way is not shown once they are none any more', async () => {
  const { ask, send, scan, draw, originalOf, track_id, follow, shown, collaborate } = await setUp()
  const editor = await collaborate('editor')
  const { body: grant } = await ask(editor)
  await scan(send(grant, picture))
  await sql`update track_collaborators set role = 'commenter' where track_id = ${track_id}`
  await draw(originalOf(grant))
  expect((await follow(editor, grant)).body).toMatchObject({
    status: 'failed',
    status_reason: 'uploader_removed',
  })
  expect(await shown()).toBeNull()
})

test('15 MiB may be sent, and no more; another track knows nothing of it', async () => {
  const { owner, ask, callArtwork } = await setUp()
  const most = 15 * 1024 ** 2
  expect((await ask(owner, { size_bytes: most + 1 })).status).toBe(422)
  const { status, body } = await ask(owner, { size_bytes: most })
  expect(status).toBe(201)
  const params = { track_id: randomUUID(), artwork_upload_id: body.upload_id }
  expect((await callArtwork(artworkRoutes.getArtworkUpload, { actor: owner, params })).status).toBe(404)
})

test('removing takes it away, on the version that was seen', async () => {
  const { owner, ask, pass, shown, remove, tracks, track_id } = await setUp()
  const before = await tracks.get(owner, track_id)
  const { body: grant } = await ask(owner)
  await pass(grant, picture)
  const { revision } = await tracks.get(owner, track_id)
  expect(revision).toBeGreaterThan(before.revision)
  expect((await remove(owner, { 'if-match': `"${before.revision}"` })).status).toBe(412)
  expect((await remove(owner, { 'if-match': `"${revision}"` })).status).toBe(204)
  expect(await shown()).toBeNull()
})
