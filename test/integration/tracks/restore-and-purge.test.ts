import { Readable } from 'node:stream'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { noteInHistory } from '../../../lib/plays/history-repository.ts'
import { endTracksOf } from '../../../lib/tracks/deletion-service.ts'
import { createRemoval, purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { createTrackApi, makeReady } from '../../support/track-api.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const clock = createClock(new Date('2026-03-01T12:00:00Z'))
const api = createTrackApi(sql, clock.now)
const month = 30 * 24 * 3_600

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await api.join('ada')
  ben = await api.join('ben')
})

const on = (
  route: typeof trackRoutes.deleteTrack | typeof trackRoutes.restoreTrack,
  track_id: string,
  who = ada,
) => api.request(route, who, { params: { track_id } })
const remove = (track_id: string, who = ada) => on(trackRoutes.deleteTrack, track_id, who)
const restore = (track_id: string, who = ada) =>
  api.request(trackRoutes.restoreTrack, who, { params: { track_id } })
const get = (track_id: string, who: Actor | undefined = ada) =>
  api.request(trackRoutes.getTrack, who, { params: { track_id } })

describe('a deleted track', () => {
  test('comes back as it was, with its likes', async () => {
    const id = await api.createReady(ada, { tags: ['sea'], bpm: 90 })
    await api.request(trackRoutes.likeTrack, ben, { params: { track_id: id } })
    const { updated_at: _at, ...before } = (await get(id)).body
    await remove(id)
    expect((await get(id)).status).toBe(404)
    clock.advance(month - 1)

    const { status, body, headers } = await restore(id)
    expect(status).toBe(200)
    expect(body).toMatchObject(before)
    expect((await get(id)).headers.etag).toBe(headers.etag)
    expect((await get(id, ben)).body).toMatchObject({ liked: true, like_count: 1 })
  })

  test('is gone for good after 30 days, before anything has cleaned up', async () => {
    const id = await api.createReady(ada)
    await remove(id)
    clock.advance(month)
    expect(await restore(id)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  })

  test('is its owner alone to have back', async () => {
    const id = await api.createReady(ada)
    await sql`insert into track_collaborators ${sql({ track_id: id, user_id: ben.id, role: 'editor', status: 'accepted' })}`
    await remove(id)
    expect(await restore(id, ben)).toMatchObject({ status: 404 })
    expect(await restore(id)).toMatchObject({ status: 200 })
    expect(await restore(id, ben)).toMatchObject({ status: 404 })
  })

  test('that is there already stays as it is', async () => {
    const id = await api.createReady(ada)
    const before = await get(id)
    const { status, headers } = await restore(id)
    expect([status, headers.etag]).toEqual([200, before.headers.etag])
  })

  test('takes no like, no edit, no link and no second deletion', async () => {
    const id = await api.createReady(ada)
    await remove(id)
    const params = { track_id: id }
    for (const answer of [
      await api.request(trackRoutes.likeTrack, ben, { params }),
      await api.request(trackRoutes.repostTrack, ada, { params }),
      await api.request(trackRoutes.listTrackLikes, ada, { params }),
      await api.request(trackRoutes.updateTrack, ada, { params, body: { title: 'x' } }),
      await api.request(trackRoutes.createShare, ada, { params, body: {} }),
      await api.request(trackRoutes.listShares, ada, { params }),
      await api.request(trackRoutes.streamTrack, ada, { params }),
      await remove(id),
    ]) {
      expect(answer.status).toBe(404)
    }
  })

  test('is restored or deleted, not both, when both come at once', async () => {
    const id = await api.createReady(ada)
    const handlers = (await openConnections(4)).map(api.createHandler)
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        handlers.map((handler, n) =>
          api.request(n % 2 ? trackRoutes.restoreTrack : trackRoutes.deleteTrack, ada, {
            params: { track_id: id },
            handler,
          }),
        ),
      )
      const [row] =
        await sql`select (deleted_at is null) = (purges_at is null) as is_whole from tracks where id = ${id}`
      expect(row!.is_whole).toBe(true)
    }
  })
})

describe('the purge', () => {
  const { media } = createMemoryStorage('media') as {
    media: NonNullable<ReturnType<typeof createMemoryStorage>['media']>
  }
  const removeObjects = createRemoval({ sql, media })
  const purgeAll = async () => {
    let count = 0
    while ((await purgeDueTracks(sql, clock.now())) > 0) count += 1
    return count
  }

  const picture = 'ab'.repeat(32)

  /** A deleted track with a file in the bucket. */
  async function createDeleted() {
    const id = await api.createTrack(ada, { visibility: 'public', lyrics: 'Oh, sea' })
    const key = await makeReady(sql, id)
    await media.put(key, Readable.from([Buffer.from('sound')]), { size_bytes: 5, content_type: 'audio/wav' })
    await api.request(trackRoutes.likeTrack, ben, { params: { track_id: id } })
    await api.request(trackRoutes.createShare, ada, { params: { track_id: id }, body: {} })
    await noteInHistory(sql, { user_id: ben.id, track_id: id, last_played_at: clock.now() })
    await remove(id)
    return { id, key }
  }

  const left = async (id: string) => {
    const tables = [
      'track_likes',
      'reposts',
      'track_shares',
      'listening_history',
      'track_versions',
      'uploads',
    ] as const
    const rows = await Promise.all(
      tables.map((table) => sql`select from ${sql(table)} where track_id = ${id}`),
    )
    return rows.reduce((sum, one) => sum + one.length, 0)
  }

  beforeEach(async () => {
    clock.advance(month)
    await purgeAll()
    await removeObjects()
  })

  test('comes at the end of the 30 days, not before, and takes everything', async () => {
    const { id, key } = await createDeleted()
    clock.advance(month - 1)
    expect(await purgeAll()).toBe(0)
    expect(await left(id)).toBeGreaterThan(0)
    clock.advance(1)

    expect(await purgeAll()).toBe(1)
    expect(await left(id)).toBe(0)
    expect(await sql`select from tracks where id = ${id}`).toHaveLength(0)
    expect(await sql`select from counts where subject_id = ${id}`).toHaveLength(0)
    expect(media.objects.has(key)).toBe(true)
    expect(await removeObjects()).toBe(1)
    expect(media.objects.has(key)).toBe(false)
    expect(await removeObjects()).toBe(0)
  })

  const pointers: readonly { by: string; point: (id: string) => Promise<unknown> }[] = [
    {
      by: 'a comment',
      point: (id) => sql`
        insert into comments (track_id, author_id, artist_id, body, is_counted)
        values (${id}, ${ben.id}, ${ada.id}, 'Nice', true)
      `,
    },
    {
      by: 'what was agreed on',
      point: (id) => sql`
        insert into split_sheets (track_id, revision, created_at) values (${id}, 1, ${clock.now()})
      `,
    },
  ]

  test.each(pointers)('leaves a row that says nothing where $by points to it', async ({ point }) => {
    const { id } = await createDeleted()
    const next = await createDeleted()
    await sql`insert into images (sha256, width, height, size_bytes) values (${picture}, 1, 1, 1) on conflict do nothing`
    await sql`update tracks set artwork_sha256 = ${picture} where id = ${id}`
    await point(id)
    clock.advance(month)
    await purgeAll()

    const [row] =
      await sql`select t::text as text, purged_at, current_version_id, artwork_sha256 from tracks t where id = ${id}`
    expect(row).toMatchObject({ purged_at: clock.now(), current_version_id: null, artwork_sha256: null })
    expect(row!.text).not.toMatch(/Low Tide|Oh, sea/)
    expect(await left(id)).toBe(0)
    expect((await get(id)).status).toBe(404)
    expect(await restore(id)).toMatchObject({ status: 404 })
    expect(await sql`select from tracks where id = ${next.id}`).toHaveLength(0)
    expect(await purgeAll()).toBe(0)
  })

  test('goes on where it was broken off', async () => {
    const keys = [await createDeleted(), await createDeleted()].map(({ key }) => key)
    clock.advance(month)
    await purgeAll()
    media.failNext('remove')
    await expect(removeObjects()).rejects.toThrow('remove fails')
    expect(await removeObjects()).toBe(2)
    for (const key of keys) expect(media.objects.has(key)).toBe(false)
  })

  test('of two at once is done once', async () => {
    for (let n = 0; n < 6; n++) await createDeleted()
    clock.advance(month)
    const connections = await openConnections(3)
    const runs = connections.flatMap((db) => Array.from({ length: 4 }, () => purgeDueTracks(db, clock.now())))
    expect((await Promise.all(runs)).reduce((sum, count) => sum + count)).toBe(6)
  })

  test('spares what was restored at the last moment', async () => {
    const { id } = await createDeleted()
    clock.advance(month - 1)
    expect(await restore(id)).toMatchObject({ status: 200 })
    clock.advance(1)
    expect(await purgeAll()).toBe(0)
    expect((await get(id)).status).toBe(200)
  })

  test('follows the end of the owner at once, and takes what they gave to others', async () => {
    const cleo = await api.join()
    const [own, liked] = [await api.createReady(cleo), await api.createReady(ada)]
    const deletedBefore = await api.createReady(cleo)
    await remove(deletedBefore, cleo)
    for (const route of [trackRoutes.likeTrack, trackRoutes.repostTrack]) {
      await api.request(route, cleo, { params: { track_id: liked } })
    }
    await noteInHistory(sql, { user_id: cleo.id, track_id: liked, last_played_at: clock.now() })
    await purgeAll()

    await sql.begin((tx) => endTracksOf(tx, cleo.id, clock.now()))

    expect((await get(liked)).body).toMatchObject({ like_count: 0, repost_count: 0 })
    expect(await sql`select from listening_history where user_id = ${cleo.id}`).toHaveLength(0)
    expect(await purgeAll()).toBe(2)
    expect(await sql`select from tracks where id in (${own}, ${deletedBefore})`).toHaveLength(0)
  })
})
