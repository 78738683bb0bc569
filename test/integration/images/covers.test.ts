import { randomUUID } from 'node:crypto'
import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createImageExpiry, keepShown } from '../../../lib/images/expiry.ts'
import { createClock } from '../../support/accounts.ts'
import { useClamd } from '../../support/clamd.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { composeImages, mediaUrl, requestOf } from '../../support/images.ts'
import { infect, makePicture } from '../../support/pictures.ts'
import { createPlaylistsApi } from '../../support/playlists.ts'
import { createBuckets, seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const clamav = useClamd()
const day = 86_400
const picture = await makePicture('png', { width: 610, height: 310 })

async function setUp(visibility: 'public' | 'private' = 'public') {
  const clock = createClock()
  const buckets = createBuckets()
  const images = composeImages(sql, { buckets, socketPath: clamav.socketPath, now: clock.now })
  const request = createPlaylistsApi(sql, undefined, buckets.uploads)
  const owner = await seedActor(sql)
  const body = { title: 'Slow Waters', visibility }
  const { id: playlist_id } = (await request(routes.createPlaylist, { actor: owner, body })).body
  const params = { playlist_id }
  const ask = (actor: Actor | undefined, more: object = {}, api = request) =>
    api(routes.requestCover, { actor, params, body: { ...requestOf(picture), ...more } })
  const get = async (actor: Actor | undefined = owner) =>
    (await request(routes.getPlaylist, { actor, params })).body
  const removeIdle = createImageExpiry({ sql, media: images.media })
  return {
    ...images,
    request,
    clock,
    owner,
    params,
    ask,
    get,
    follow: (actor: Actor, { upload_id: cover_upload_id }: { upload_id: string }) =>
      request(routes.getCoverUpload, { actor, params: { ...params, cover_upload_id } }),
    remove: (actor: Actor, headers = {}) => request(routes.deleteCover, { actor, params, headers }),
    async letIn(role: 'editor' | 'viewer') {
      const actor = await seedActor(sql)
      const part = { ...params, user_id: actor.id }
      await request(routes.putPlaylistCollaborator, { actor: owner, params: part, body: { role } })
      return actor
    },
    async show(bytes: Buffer, content_type: string) {
      const { body: grant } = await ask(owner, { size_bytes: bytes.length, content_type })
      await images.pass(grant, bytes)
    },
    async expire() {
      await keepShown(sql, clock.now())
      await removeIdle(clock.now())
    },
  }
}

type World = Awaited<ReturnType<typeof setUp>>

test('a cover is shown in every size, wherever the playlist is', async () => {
  const { request, owner, ask, pass, follow, get, keys } = await setUp()
  const before = await get()
  const { status, body: grant } = await ask(owner)
  expect(status).toBe(201)
  await pass(grant, picture)

  expect((await follow(owner, grant)).body).toMatchObject({ status: 'ready' })
  const { cover_url, revision } = await get(undefined)
  const folder = keys()[0]!.split('/').slice(0, 2).join('/')
  expect(cover_url).toBe(`${mediaUrl}/${folder}/256.webp`)
  expect(keys()).toEqual(['1024', '256', '64'].map((size) => `${folder}/${size}.webp`))
  expect(revision).toBe(before.revision + 1)
  expect((await request(routes.listPlaylists, { actor: owner })).body.data).toMatchObject([{ cover_url }])
})

test('an editor sends it too, and nobody follows what another has sent', async () => {
  const { owner, ask, pass, follow, get, letIn } = await setUp('private')
  const editor = await letIn('editor')
  const { body: grant } = await ask(editor)
  await pass(grant, picture)
  expect((await get()).cover_url).not.toBeNull()
  expect((await follow(editor, grant)).status).toBe(200)
  expect((await follow(owner, grant)).status).toBe(404)
})

describe('is refused to', () => {
  const stranger = () => seedActor(sql)
  test.each<{ name: string; who: (world: World) => Promise<Actor>; isSeen: boolean }>([
    { name: 'a stranger who sees the playlist', who: stranger, isSeen: true },
    { name: 'a stranger who does not', who: stranger, isSeen: false },
    { name: 'who was let in to see it', who: ({ letIn }) => letIn('viewer'), isSeen: true },
  ])('$name', async ({ who, isSeen }) => {
    const world = await setUp(isSeen ? 'public' : 'private')
    const actor = await who(world)
    const refusal = isSeen
      ? { status: 403, problem: { code: 'forbidden' } }
      : { status: 404, problem: { code: 'not_found' } }
    expect(await world.ask(actor)).toMatchObject(refusal)
    expect(await world.remove(actor)).toMatchObject(refusal)
  })

  test('a guest, and somebody whom the owner has blocked', async () => {
    const { ask, owner } = await setUp()
    expect((await ask(undefined)).status).toBe(401)
    const blocked = await seedActor(sql)
    await sql`insert into blocks ${sql({ blocker_id: owner.id, blocked_id: blocked.id })}`
    expect((await ask(blocked)).status).toBe(404)
  })
})

test.each([
  { name: 'more than 15 MiB', more: { size_bytes: 15 * 1024 ** 2 + 1 } },
  { name: 'a number that is none', more: { size_bytes: 1e308 } },
  { name: 'SVG', more: { content_type: 'image/svg+xml' } },
  { name: 'a name of nothing that shows', more: { filename: '\u200b\u202e' } },
])('asking to send $name is refused', async ({ more }) => {
  const { owner, ask } = await setUp()
  expect(await ask(owner, more)).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
})

test.each([
  { name: 'NUL', filename: 'a\0.png' },
  { name: 'half a surrogate pair', filename: 'a\ud800.png' },
])('a file name with $name is refused', async ({ filename }) => {
  const { owner, ask } = await setUp()
  expect(await ask(owner, { filename })).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
})

test('another playlist knows nothing of it', async () => {
  const { request, owner, ask } = await setUp()
  const { body } = await ask(owner, { size_bytes: 15 * 1024 ** 2 })
  const params = { playlist_id: randomUUID(), cover_upload_id: body.upload_id }
  expect((await request(routes.getCoverUpload, { actor: owner, params })).status).toBe(404)
})

describe('what is under way is not shown', () => {
  test('once the playlist is deleted', async () => {
    const { request, owner, params, ask, send, scan, draw, originalOf, follow, keys } = await setUp()
    const { body: grant } = await ask(owner)
    await scan(send(grant, picture))
    await request(routes.deletePlaylist, { actor: owner, params })
    await draw(originalOf(grant))
    expect((await follow(owner, grant)).body).toMatchObject({
      status: 'failed',
      status_reason: 'subject_deleted',
    })
    expect(keys().filter((key) => key.startsWith('originals/'))).toEqual([])
  })

  test('once whoever sent it edits no more', async () => {
    const { request, owner, params, ask, send, scan, draw, originalOf, follow, get, letIn } = await setUp()
    const editor = await letIn('editor')
    const { body: grant } = await ask(editor)
    await scan(send(grant, picture))
    const part = { ...params, user_id: editor.id }
    await request(routes.removePlaylistCollaborator, { actor: owner, params: part })
    await draw(originalOf(grant))
    expect((await follow(editor, grant)).body).toMatchObject({
      status: 'failed',
      status_reason: 'uploader_removed',
    })
    expect((await get()).cover_url).toBeNull()
  })

  test('where it has a virus: the cover that was there stays', async () => {
    const { show, get } = await setUp()
    await show(picture, 'image/png')
    const { cover_url, revision } = await get()
    await show(infect(picture), 'image/png')
    expect(await get()).toMatchObject({ cover_url, revision })
  })
})

test('of two that two editors send at once, one is under way', async () => {
  const { owner, ask, params, letIn } = await setUp()
  const people = [owner, await letIn('editor')]
  const connections = await openConnections(2)
  const answers = await Promise.all(
    people.map((actor, at) => ask(actor, {}, createPlaylistsApi(connections[at]!))),
  )
  expect(answers.map(({ status }) => status)).toEqual([201, 201])
  const uploads = await sql`
    select status, status_reason from image_uploads where subject_id = ${params.playlist_id} order by status
  `
  expect(uploads).toEqual([
    { status: 'failed', status_reason: 'replaced' },
    { status: 'uploading', status_reason: null },
  ])
})

test('removing takes it away, on the version that was seen', async () => {
  const { owner, show, get, remove } = await setUp()
  const before = await get()
  await show(picture, 'image/png')
  const { revision } = await get()
  expect((await remove(owner, { 'if-match': `"${before.revision}"` })).status).toBe(412)
  expect((await remove(owner, { 'if-match': `"${revision}"` })).status).toBe(204)
  expect((await get()).cover_url).toBeNull()
})

describe('the files', () => {
  test('stay while a playlist shows them, and go a day after another cover took their place', async () => {
    const { show, get, clock, expire, keys } = await setUp()
    await show(await makePicture('png', { width: 77, height: 33 }), 'image/png')
    const [first] = keys()
    clock.advance(2 * day)
    await expire()
    expect(keys()).toContain(first)

    await show(await makePicture('jpeg', { width: 300, height: 610 }), 'image/jpeg')
    clock.advance(2 * day)
    await expire()
    expect(keys()).not.toContain(first)
    expect(keys()).toHaveLength(3)
    expect((await get()).cover_url).toContain(keys()[0]!.split('/')[1])
  })

  test('go after the playlist', async () => {
    const { request, owner, params, clock, show, expire, keys } = await setUp()
    await show(await makePicture('png', { width: 78, height: 33 }), 'image/png')
    await request(routes.deletePlaylist, { actor: owner, params })
    // The moment of a deletion is the database's.
    await sql`update images set idle_since = ${clock.now()} where idle_since is not null`
    await expire()
    expect(keys()).toHaveLength(3)
    clock.advance(2 * day)
    await expire()
    expect(keys()).toEqual([])
  })
})
