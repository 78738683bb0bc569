import { randomUUID } from 'node:crypto'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { hideComment } from '../../../lib/moderation/hiding.ts'
import { tellingsOf } from '../../support/content-events.ts'
import { useDatabase } from '../../support/database.ts'
import {
  addCollaborator,
  block,
  createSocialApi,
  mute,
  type Person,
  seedPerson,
  seedTrack,
} from '../../support/social.ts'

const { sql } = useDatabase()
const api = createSocialApi(sql)

describe('user.updated', () => {
  test('is told to the user, without address and settings', async () => {
    const ada = await seedPerson(sql)
    const tellings = await tellingsOf(sql, 'user.updated', { user_id: ada.id })
    expect([...tellings.keys()]).toEqual([ada.id])
    expect(tellings.get(ada.id)).toEqual({
      user: {
        id: ada.id,
        username: ada.username,
        display_name: `${ada.username} of Veza`,
        role: 'user',
        location: '',
        is_verified: false,
        is_private: false,
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
      },
    })
  })

  test('is told to nobody once the account is gone', async () => {
    const ada = await seedPerson(sql)
    await sql`update users set deleted_at = now() where id = ${ada.id}`
    expect((await tellingsOf(sql, 'user.updated', { user_id: ada.id })).size).toBe(0)
  })
})

describe('playlist.updated', () => {
  test('is told to the owner and the collaborators, and not to those who follow it', async () => {
    const [owner, editor, viewer, follower] = await Promise.all([...Array(4)].map(() => seedPerson(sql)))
    const [playlist] = await sql<[{ id: string }]>`
      insert into playlists (owner_id, title, description, visibility, counted_at)
      values (${owner!.id}, 'Dawn', 'Of the sea', 'private', now())
      returning id
    `
    await sql`
      insert into playlist_collaborators (playlist_id, user_id, role)
      values (${playlist.id}, ${editor!.id}, 'editor'), (${playlist.id}, ${viewer!.id}, 'viewer')
    `
    await sql`insert into playlist_follows (playlist_id, user_id) values (${playlist.id}, ${follower!.id})`
    const tellings = await tellingsOf(sql, 'playlist.updated', { playlist_id: playlist.id })
    const accounts = [owner!.id, editor!.id, viewer!.id]
    expect([...tellings.keys()].toSorted()).toEqual(accounts.toSorted())
    expect(tellings.get(viewer!.id)).toEqual({
      playlist: {
        id: playlist.id,
        owner: { id: owner!.id, username: owner!.username, display_name: expect.any(String) },
        title: 'Dawn',
        visibility: 'private',
        item_count: 0,
        duration_ms: 0,
        revision: expect.any(Number),
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    })
  })

  test('is told to nobody once it is deleted', async () => {
    expect((await tellingsOf(sql, 'playlist.updated', { playlist_id: randomUUID() })).size).toBe(0)
  })
})

describe('comment.created', () => {
  let artist: Person
  let ada: Person
  let ben: Person
  let track: string
  beforeEach(async () => {
    artist = await seedPerson(sql)
    ada = await seedPerson(sql)
    ben = await seedPerson(sql)
    track = await seedTrack(sql, artist)
  })

  const say = async (as: Person, body: string, parent_id?: string) => {
    const { body: comment, text } = await api(socialRoutes.createComment, as, {
      params: { track_id: track },
      body: { body, ...(parent_id && { parent_id }) },
    })
    if (!comment.id) throw new Error(text)
    return comment.id
  }
  const hearers = async (comment_id: string) => [
    ...(await tellingsOf(sql, 'comment.created', { comment_id })).keys(),
  ]

  test('is told to the artist, and to whoever is answered', async () => {
    const first = await say(ada, 'That bass!')
    expect(await hearers(first)).toEqual([artist.id])
    const answer = await say(ben, `@${ada.username} indeed`, first)
    expect((await hearers(answer)).toSorted()).toEqual([artist.id, ada.id].toSorted())
    const tellings = await tellingsOf(sql, 'comment.created', { comment_id: answer })
    expect(tellings.get(ada.id)).toEqual({
      comment: {
        id: answer,
        track_id: track,
        version_id: expect.any(String),
        parent_id: first,
        thread_id: first,
        author: { id: ben.id, username: ben.username, display_name: expect.any(String) },
        body: `@${ada.username} indeed`,
        timestamp_ms: null,
        mentions: [{ id: ada.id, username: ada.username }],
        edited_at: null,
        created_at: expect.stringMatching(/Z$/),
      },
    })
  })

  test('by the artist is told to the artist; an answer to oneself to the artist alone', async () => {
    const own = await say(artist, 'Hear the end')
    expect(await hearers(own)).toEqual([artist.id])
    const first = await say(ada, 'That bass!')
    expect(await hearers(await say(ada, 'And that kick', first))).toEqual([artist.id])
  })

  test('of somebody whom one has muted or blocked since is not told', async () => {
    const first = await say(ada, 'That bass!')
    const answer = await say(ben, 'Indeed', first)
    await mute(sql, ada, ben)
    expect(await hearers(answer)).toEqual([artist.id])
    await block(sql, artist, ben)
    expect(await hearers(answer)).toEqual([])
  })

  test('is not told to whoever does not see the track any more', async () => {
    const first = await say(ada, 'That bass!')
    const answer = await say(artist, 'Thanks', first)
    await sql`update tracks set visibility = 'private' where id = ${track}`
    expect(await hearers(answer)).toEqual([artist.id])
    await addCollaborator(sql, track, ada, 'viewer')
    expect((await hearers(answer)).toSorted()).toEqual([artist.id, ada.id].toSorted())
    await sql`update tracks set deleted_at = now(), purges_at = now() where id = ${track}`
    expect(await hearers(answer)).toEqual([])
  })

  test('that was hidden or deleted is told to nobody', async () => {
    const [hidden, deleted] = [await say(ada, 'Spam'), await say(ada, 'Oops')]
    await sql.begin((tx) => hideComment(tx, hidden, new Date()))
    await api(socialRoutes.deleteComment, ada, { params: { comment_id: deleted } })
    for (const id of [hidden, deleted]) expect(await hearers(id)).toEqual([])
  })

  test('of the greatest length fits', async () => {
    const id = await say(ada, '👩‍🎤'.repeat(660))
    expect((await tellingsOf(sql, 'comment.created', { comment_id: id })).size).toBe(1)
  })
})

describe('like.created', () => {
  async function like() {
    const [artist, ada] = [await seedPerson(sql), await seedPerson(sql)]
    const track_id = await seedTrack(sql, artist)
    await sql`insert into track_likes (track_id, user_id) values (${track_id}, ${ada.id})`
    return { artist, ada, track_id, payload: { track_id, user_id: ada.id } }
  }

  test('is told to the owner of the track', async () => {
    const { artist, ada, track_id, payload } = await like()
    const tellings = await tellingsOf(sql, 'like.created', payload)
    expect([...tellings.keys()]).toEqual([artist.id])
    expect(tellings.get(artist.id)).toEqual({
      track: { id: track_id, title: 'Low Tide' },
      user: { id: ada.id, username: ada.username, display_name: expect.any(String) },
      liked_at: expect.stringMatching(/Z$/),
    })
  })

  test('does not name whoever keeps their likes to themselves', async () => {
    const { artist, ada, payload } = await like()
    await sql`update users set settings = '{"show_likes": false}' where id = ${ada.id}`
    expect((await tellingsOf(sql, 'like.created', payload)).get(artist.id)).toMatchObject({ user: null })
  })

  test.each([
    { what: 'taken back', undo: ({ ada }) => sql`delete from track_likes where user_id = ${ada.id}` },
    { what: 'of somebody muted', undo: ({ artist, ada }) => mute(sql, artist, ada) },
    { what: 'of somebody who has blocked the owner', undo: ({ artist, ada }) => block(sql, ada, artist) },
    {
      what: 'of somebody leaving',
      undo: ({ ada }) => sql`update users set deletes_at = now() where id = ${ada.id}`,
    },
    {
      what: 'of a track that is deleted',
      undo: ({ track_id }) =>
        sql`update tracks set deleted_at = now(), purges_at = now() where id = ${track_id}`,
    },
  ] satisfies { what: string; undo: (world: Awaited<ReturnType<typeof like>>) => PromiseLike<unknown> }[])(
    '$what is told to nobody',
    async ({ undo }) => {
      const world = await like()
      await undo(world)
      expect((await tellingsOf(sql, 'like.created', world.payload)).size).toBe(0)
    },
  )
})
