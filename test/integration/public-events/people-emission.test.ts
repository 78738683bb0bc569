import { randomUUID } from 'node:crypto'
import { playlistRoutes } from '../../../functions/playlists/routes.ts'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import { createAdminService } from '../../../lib/admin/service.ts'
import { createImageService } from '../../../lib/images/service.ts'
import { covers } from '../../../lib/playlists/cover.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { avatars } from '../../../lib/users/avatar.ts'
import { createUserService } from '../../../lib/users/service.ts'
import { createNews } from '../../support/content-events.ts'
import { useDatabase } from '../../support/database.ts'
import { createPlaylistsApi, seedItems, seedTracks } from '../../support/playlists.ts'
import { block, createSocialApi, mute, type Person, seedPerson, seedTrack } from '../../support/social.ts'
import { createTrackApi } from '../../support/track-api.ts'
import { createBuckets } from '../../support/tracks.ts'

const { sql } = useDatabase()
const news = createNews(sql)
const origin = { ip: '', userAgent: '', requestId: 'r-1' }
const store = createBuckets().uploads
const nothing = () => {}
const refuse = () => {
  throw new Error('changed meanwhile')
}

/** A picture that can be shown. */
async function seedImage() {
  const sha256 = randomUUID().replaceAll('-', '').repeat(2)
  await sql`insert into images (sha256, width, height, size_bytes) values (${sha256}, 1, 1, 1)`
  return sha256
}

describe('user.updated', () => {
  const users = createUserService({ sql })
  const updated = (person: Person) => ({ type: 'user.updated', payload: { user_id: person.id } })

  test('is written once with a change of the profile, and names the request', async () => {
    const ada = await seedPerson(sql)
    await news.take()
    await users.update(ada, { bio: 'Tides.', location: 'Lisbon' }, origin, nothing)
    const [row] = await sql`select request_id from outbox where type = 'user.updated'`
    expect(row).toEqual({ request_id: 'r-1' })
    expect(await news.takeWith('users', ada.id)).toEqual([updated(ada)])
  })

  test('is not where nothing changes, or the change is refused', async () => {
    const [ada, ben] = [await seedPerson(sql), await seedPerson(sql)]
    const written = await news.during(async () => {
      await users.update(ada, {}, origin, nothing)
      await expect(users.update(ada, { bio: 'x' }, origin, refuse)).rejects.toThrow('meanwhile')
      await expect(users.update(ada, { username: ben.username }, origin, nothing)).rejects.toMatchObject({
        code: 'username_taken',
      })
    })
    expect(written).toEqual([])
  })

  test('is written where a profile becomes private, and for no other setting', async () => {
    const ada = await seedPerson(sql)
    const become = (profile_visibility: 'private' | 'public') =>
      news.during(() => users.updateSettings(ada.id, { profile_visibility }, nothing))
    expect(await become('private')).toEqual([updated(ada)])
    expect(await become('private')).toEqual([])
    expect(await become('public')).toEqual([updated(ada)])
    expect(await news.during(() => users.updateSettings(ada.id, { language: 'de' }, nothing))).toEqual([])
  })

  test('is written where another picture shows, or none any more', async () => {
    const ada = await seedPerson(sql)
    const sha256 = await seedImage()
    const show = () => sql.begin((tx) => avatars.show(tx, ada.id, sha256, new Date()))
    const remove = () => createImageService({ sql, store, holder: avatars }).remove(ada, ada.id, nothing)
    expect(await news.during(show)).toEqual([updated(ada)])
    expect(await news.during(show)).toEqual([])
    expect(await news.during(remove)).toEqual([updated(ada)])
    expect(await news.during(remove)).toEqual([])
  })

  test('is written with a new role, and not with the one that they have', async () => {
    const [admin, ada] = [await seedPerson(sql, undefined, { role: 'admin' }), await seedPerson(sql)]
    const { changeRole } = createAdminService({ sql, relay: { flushSoon: async () => {} } })
    const make = () => news.during(() => changeRole(admin, ada.id, 'creator', origin))
    expect(await make()).toEqual([updated(ada)])
    expect(await make()).toEqual([])
  })
})

describe('playlist.updated', () => {
  const api = createPlaylistsApi(sql)
  const updated = (playlist_id: string) => ({ type: 'playlist.updated', payload: { playlist_id } })

  let ada: Person
  let tracks: string[]
  let params: { playlist_id: string }
  beforeEach(async () => {
    ada = await seedPerson(sql)
    tracks = await seedTracks(sql, ada.id, 4)
    const { body } = await api(playlistRoutes.createPlaylist, { actor: ada, body: { title: 'Dawn' } })
    params = { playlist_id: body.id }
  })

  const add = (track_id: string, actor = ada) =>
    api(playlistRoutes.addPlaylistItem, { actor, params, body: { track_id } })
  const update = (body: object, actor = ada, headers = {}) =>
    api(playlistRoutes.updatePlaylist, { actor, params, body, headers })

  test('is written once with a change of what is said of it, in the transaction of it', async () => {
    await news.take()
    expect((await update({ title: 'Dusk', visibility: 'unlisted' })).status).toBe(200)
    expect(await news.takeWith('playlists', params.playlist_id)).toEqual([updated(params.playlist_id)])
  })

  test('is written once for an item that comes, moves and goes', async () => {
    const first = (await add(tracks[0]!)).body.id
    await news.take()
    const second = (await add(tracks[1]!)).body.id
    expect(await news.takeWith('playlists', params.playlist_id)).toEqual([updated(params.playlist_id)])
    const move = { actor: ada, params: { ...params, item_id: second }, body: { after: null } }
    expect(await news.during(() => api(playlistRoutes.movePlaylistItem, move))).toHaveLength(1)
    const remove = { actor: ada, params: { ...params, item_id: first } }
    expect(await news.during(() => api(playlistRoutes.removePlaylistItem, remove))).toHaveLength(1)
  })

  test('of many items at once is one', async () => {
    const body = { track_ids: tracks }
    const written = await news.during(() =>
      api(playlistRoutes.replacePlaylistItems, { actor: ada, params, body, headers: { 'if-match': '*' } }),
    )
    expect(written).toEqual([updated(params.playlist_id)])
  })

  test('is written with another owner and another cover', async () => {
    const ben = await seedPerson(sql)
    const put = (role: string) =>
      api(playlistRoutes.putPlaylistCollaborator, {
        actor: ada,
        params: { ...params, user_id: ben.id },
        body: { role },
      })
    expect(await news.during(() => put('editor'))).toEqual([])
    expect(await news.during(() => put('owner'))).toEqual([updated(params.playlist_id)])
    const sha256 = await seedImage()
    const show = () => sql.begin((tx) => covers.show(tx, params.playlist_id, sha256, new Date()))
    expect(await news.during(show)).toEqual([updated(params.playlist_id)])
    expect(await news.during(show)).toEqual([])
  })

  test('is not where nothing changes, or nobody may', async () => {
    const item = (await add(tracks[0]!)).body.id
    const ben = await seedPerson(sql)
    const written = await news.during(async () => {
      expect((await update({})).status).toBe(200)
      expect((await add(tracks[0]!)).status).toBe(200)
      expect((await add(randomUUID())).status).toBe(422)
      expect((await update({ title: 'Mine' }, ben)).status).toBe(404)
      expect((await update({ title: 'x' }, ada, { 'if-match': '"0"' })).status).toBe(412)
      const move = { actor: ada, params: { ...params, item_id: item }, body: { after: item } }
      expect((await api(playlistRoutes.movePlaylistItem, move)).status).toBe(200)
      expect((await api(playlistRoutes.deletePlaylist, { actor: ada, params })).status).toBe(204)
    })
    expect(written).toEqual([])
  })

  test('is written once for each playlist that a purged track was in', async () => {
    const [track_id] = await seedTracks(sql, ada.id, 1)
    const other = (await api(playlistRoutes.createPlaylist, { actor: ada, body: { title: 'Noon' } })).body.id
    await seedItems(sql, params.playlist_id, [track_id!, tracks[0]!, track_id!])
    await seedItems(sql, other, [track_id!])
    await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${track_id!}`
    await news.take()
    const later = new Date(Date.now() + 60_000)
    expect(await purgeDueTracks(sql, later)).toBe(1)
    const written = await news.take()
    const ids = written.map(({ payload }) => (payload as { playlist_id: string }).playlist_id)
    expect(ids.toSorted()).toEqual([params.playlist_id, other].toSorted())
  })
})

describe('comment.created', () => {
  const api = createSocialApi(sql)
  const say = (as: Person, track_id: string, body: object = { body: 'That bass!' }) =>
    api(socialRoutes.createComment, as, { params: { track_id }, body })

  test('is written once, with the comment; an answer is one of its own', async () => {
    const [artist, ben] = [await seedPerson(sql), await seedPerson(sql)]
    const track_id = await seedTrack(sql, artist)
    await news.take()
    const first = (await say(ben, track_id)).body
    expect(await news.takeWith('comments', first.id)).toEqual([
      { type: 'comment.created', payload: { comment_id: first.id } },
    ])
    const answer = (await say(artist, track_id, { body: 'Thanks', parent_id: first.id })).body
    expect(await news.take()).toEqual([{ type: 'comment.created', payload: { comment_id: answer.id } }])
  })

  test('is not where it is refused, changed, or heard by nobody', async () => {
    const [artist, ben, loud] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
    const [track_id, hidden] = [await seedTrack(sql, artist), await seedTrack(sql, artist, 'private')]
    const { id: comment_id } = (await say(ben, track_id)).body
    await mute(sql, artist, loud)
    const barred = await seedPerson(sql)
    await block(sql, artist, barred)
    const written = await news.during(async () => {
      expect((await say(ben, hidden)).status).toBe(404)
      expect((await say(barred, track_id)).status).toBe(404)
      expect((await say(ben, track_id, { body: '' })).status).toBe(422)
      expect((await say(loud, track_id)).status).toBe(201)
      const edit = { params: { comment_id }, body: { body: 'That kick!' } }
      expect((await api(socialRoutes.updateComment, ben, edit)).status).toBe(200)
      expect((await api(socialRoutes.deleteComment, ben, { params: { comment_id } })).status).toBe(204)
    })
    expect(written).toEqual([])
  })
})

describe('like.created', () => {
  const api = createTrackApi(sql)
  const on = (
    route: typeof trackRoutes.likeTrack | typeof trackRoutes.repostTrack,
    who: Person,
    id: string,
  ) => api.request(route, who, { params: { track_id: id } })

  test('is written with the first like of each, and with the notice to the owner in one statement', async () => {
    const [artist, ben] = [await seedPerson(sql), await seedPerson(sql)]
    const track_id = await seedTrack(sql, artist)
    await news.take()
    expect((await on(trackRoutes.likeTrack, ben, track_id)).status).toBe(204)
    const [like] = await sql`select id from track_likes where track_id = ${track_id}`
    const liked = (who: Person) => ({ type: 'like.created', payload: { track_id, user_id: who.id } })
    expect(await news.takeWith('track_likes', like!.id)).toEqual([liked(ben)])
    expect(await news.during(() => on(trackRoutes.likeTrack, ben, track_id))).toEqual([])
    expect(await news.during(() => on(trackRoutes.likeTrack, artist, track_id))).toEqual([liked(artist)])
    const told = sql`
      select payload ->> 'recipient_id' as to from outbox
      where type = 'notification.add' and payload ->> 'track_id' = ${track_id}
    `
    expect(await told).toEqual([{ to: artist.id }])
  })

  test('is not where it is refused, taken back, or a repost', async () => {
    const [artist, ben, barred] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
    const [track_id, hidden] = [await seedTrack(sql, artist), await seedTrack(sql, artist, 'private')]
    await block(sql, artist, barred)
    await on(trackRoutes.likeTrack, ben, track_id)
    const written = await news.during(async () => {
      expect((await on(trackRoutes.likeTrack, ben, hidden)).status).toBe(404)
      expect((await on(trackRoutes.likeTrack, barred, track_id)).status).toBe(404)
      expect((await on(trackRoutes.repostTrack, ben, track_id)).status).toBe(204)
      const { status } = await api.request(trackRoutes.unlikeTrack, ben, { params: { track_id } })
      expect(status).toBe(204)
    })
    expect(written).toEqual([])
  })
})
