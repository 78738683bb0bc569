import { randomUUID } from 'node:crypto'
import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import { type NotificationKind, notificationKinds } from '../../../lib/notifications/kinds.ts'
import { type CallOptions, call } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createNotificationWorld } from '../../support/notifications.ts'

const { sql } = useDatabase()
const { clock, tell, handler, get, listOf, unreadOf, read, wait, seedTrack, setUp } =
  createNotificationWorld(sql)

describe('what is told of', () => {
  test('names who did what to which thing', async () => {
    const { ada, others, track, like } = await setUp()

    await like(others[0]!)

    const answer = await get(ada)
    expect(answer).toMatchObject({ status: 200, body: { has_more: false, next_cursor: null } })
    expect(answer.body.data).toEqual([
      {
        id: expect.any(String),
        kind: 'track_like',
        actors: [
          {
            id: others[0]!.id,
            username: others[0]!.username,
            display_name: `${others[0]!.username} of Veza`,
          },
        ],
        actor_count: 1,
        track: { id: track.id, title: 'Low Tide' },
        is_read: false,
        created_at: clock.now().toISOString(),
        updated_at: clock.now().toISOString(),
      },
    ])
    expect(await unreadOf(ada)).toBe(1)
  })

  test('gathers those who did the same to one thing, and names the newest three', async () => {
    const { ada, others, like } = await setUp()

    for (const other of others) {
      wait()
      await like(other)
    }

    const all = await listOf(ada)
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ actor_count: 5, updated_at: clock.now().toISOString() })
    expect(all[0]!.actors.map(({ id }) => id)).toEqual([4, 3, 2].map((at) => others[at]!.id))
    expect(await unreadOf(ada)).toBe(1)
  })

  test('moves to the top what somebody is added to', async () => {
    const { ada, others, like } = await setUp()
    await like(others[0]!)
    wait()
    await tell(ada, others[0]!, { kind: 'follow' })
    wait()
    await like(others[1]!)

    expect((await listOf(ada)).map(({ kind }) => kind)).toEqual(['track_like', 'follow'])
  })

  test('begins anew once it was read', async () => {
    const { ada, others, like } = await setUp()
    await like(others[0]!)
    await read(ada, { all: true })
    wait()
    await like(others[1]!)

    const all = await listOf(ada)
    expect(all.map(({ is_read, actor_count }) => ({ is_read, actor_count }))).toEqual([
      { is_read: false, actor_count: 1 },
      { is_read: true, actor_count: 1 },
    ])
    expect(await unreadOf(ada)).toBe(1)
  })

  test('keeps apart what is of another kind or about another thing', async () => {
    const { ada, others, track, like } = await setUp()
    const second = await seedTrack(ada)

    await like(others[0]!)
    await tell(ada, others[0]!, { kind: 'track_repost', track_id: track.id })
    await tell(ada, others[0]!, { kind: 'track_like', track_id: second.id })

    expect(await listOf(ada)).toHaveLength(3)
  })

  test('counts somebody once who does the same again, and does not move for them', async () => {
    const { ada, others, like } = await setUp()
    await like(others[0]!)
    const at = clock.now().toISOString()
    wait()
    await like(others[0]!)

    expect(await listOf(ada)).toMatchObject([{ actor_count: 1, updated_at: at }])
  })

  test('moves for each comment, also of the same person, and names the latest', async () => {
    const { ada, others, track } = await setUp()
    const comments = [randomUUID(), randomUUID()]
    for (const comment_id of comments) {
      wait()
      await tell(ada, others[0]!, { kind: 'comment', track_id: track.id, comment_id })
    }

    const [row] =
      await sql`select comment_id, actor_count, updated_at from notifications where recipient_id = ${ada.id}`
    expect(row).toEqual({ comment_id: comments[1], actor_count: 1, updated_at: clock.now() })
  })

  test.each(notificationKinds)('takes %s from nobody in particular', async (kind) => {
    const { ada } = await setUp(0)

    await tell(ada, null, { kind })

    expect(await listOf(ada)).toMatchObject([{ kind, actors: [], actor_count: 0 }])
    expect(await unreadOf(ada)).toBe(1)
  })
})

describe('what it is about', () => {
  test('is not named to whoever may no longer see it', async () => {
    const { ada, others } = await setUp(1)
    const track = await seedTrack(others[0]!)
    await tell(ada, others[0]!, { kind: 'new_version', track_id: track.id })
    const before = await listOf(ada)

    await sql`update tracks set visibility = 'private' where id = ${track.id}`

    expect(before).toMatchObject([{ track: { id: track.id } }])
    const [after] = await listOf(ada)
    expect(after).toMatchObject({ kind: 'new_version', actor_count: 1 })
    expect(Object.keys(after!)).not.toContain('track')
    expect(JSON.stringify(after)).not.toContain(track.id)
  })

  test('is named to who is invited to work on it, though it is private', async () => {
    const { ada, others } = await setUp(1)
    const track = await seedTrack(others[0]!, { visibility: 'private' })
    await sql`insert into track_collaborators (track_id, user_id, role) values (${track.id}, ${ada.id}, 'viewer')`

    await tell(ada, others[0]!, { kind: 'collaboration_invite', track_id: track.id })

    expect(await listOf(ada)).toMatchObject([{ track }])
  })

  test('is a comment as long as the reader reads it', async () => {
    const { ada, others, track } = await setUp(1)
    const [comment] = await sql`
      insert into comments (track_id, author_id, artist_id, body, is_counted)
      values (${track.id}, ${others[0]!.id}, ${ada.id}, 'Lovely', true)
      returning id
    `
    await tell(ada, others[0]!, { kind: 'comment', track_id: track.id, comment_id: comment!.id })
    const before = await listOf(ada)
    await sql`delete from comments where id = ${comment!.id}`

    const [after] = await listOf(ada)
    expect(before).toMatchObject([{ track, comment }])
    expect(after).toMatchObject({ track, actor_count: 1 })
    expect(Object.keys(after!)).not.toContain('comment')
  })

  test('may be a playlist', async () => {
    const { ada, others } = await setUp(1)
    const [playlist] = await sql`
      insert into playlists (owner_id, title) values (${ada.id}, 'Mornings') returning id, title
    `
    const secret = await sql`
      insert into playlists (owner_id, title) values (${others[0]!.id}, 'Secret') returning id
    `
    await tell(ada, others[0]!, { kind: 'playlist_like', playlist_id: playlist!.id })
    wait()
    await tell(ada, others[0]!, { kind: 'playlist_join', playlist_id: secret[0]!.id })

    const [hidden, own] = await listOf(ada)
    expect(own).toMatchObject({ kind: 'playlist_like', playlist })
    expect(Object.keys(hidden!)).not.toContain('playlist')
  })
})

describe('the list', () => {
  test('comes in pages, what changed last first, and is only one’s own', async () => {
    const { ada, others } = await setUp(1)
    const kinds: NotificationKind[] = ['follow', 'track_like', 'track_repost', 'mention', 'comment']
    for (const [at, kind] of kinds.entries()) {
      // Two of them at one moment.
      if (at !== 3) wait()
      await tell(ada, others[0]!, { kind })
    }
    // To the microsecond, as no clock of ours would have it.
    await sql`
      update notifications set updated_at = updated_at + interval '3 microseconds' where recipient_id = ${ada.id}
    `
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await get(ada, { limit: 2, ...(cursor && { cursor }) })
      seen.push(...body.data.map(({ kind }) => kind))
      cursor = body.next_cursor
    } while (cursor)

    expect([...seen].sort()).toEqual([...kinds].sort())
    expect(seen[0]).toBe('comment')
    expect(seen.slice(-2)).toEqual(['track_like', 'follow'])
    expect(await listOf(others[0]!)).toEqual([])
  })

  test('shows what is unread alone, if asked', async () => {
    const { ada, others, like } = await setUp(1)
    await like(others[0]!)
    await read(ada, { all: true })
    await tell(ada, others[0]!, { kind: 'follow' })

    expect(await listOf(ada, { unread_only: 'true' })).toMatchObject([{ kind: 'follow' }])
    expect(await listOf(ada, { unread_only: 'false' })).toHaveLength(2)
  })

  test('refuses a cursor of another list', async () => {
    const { ada, others } = await setUp(1)
    for (const kind of ['follow', 'mention'] as const) await tell(ada, others[0]!, { kind })
    const { body } = await get(ada, { limit: 1 })
    const cursor = body.next_cursor!

    const answers = [
      await get(ada, { cursor, unread_only: 'true' }),
      await get(others[0]!, { cursor }),
      await get(ada, { cursor: `${cursor}x` }),
    ]
    expect(answers.map(({ status, problem }) => [status, problem.code])).toEqual(
      answers.map(() => [400, 'invalid_request']),
    )
  })

  test.each([{ limit: 0 }, { limit: 101 }, { unread_only: 'perhaps' }, { page: 2 }])(
    'refuses %j',
    async (query) => {
      const { ada } = await setUp(0)

      expect(await get(ada, query as CallOptions['query'])).toMatchObject({ status: 422 })
    },
  )

  const { unsubscribeFromMails: _open, ...closed } = notificationRoutes

  test.each(Object.keys(closed) as (keyof typeof closed)[])('%s asks for a user', async (name) => {
    const params = { track_id: randomUUID() }
    expect(await call(handler, closed[name], { params })).toMatchObject({ status: 401 })
  })
})

describe('reading', () => {
  test('marks the ones named, and only one’s own', async () => {
    const { ada, others, like } = await setUp(2)
    await like(others[0]!)
    await tell(ada, others[0]!, { kind: 'follow' })
    const ids = (await listOf(ada)).filter(({ kind }) => kind === 'follow').map(({ id }) => id)

    const stranger = await read(others[1]!, { ids })
    expect([stranger.status, await unreadOf(ada)]).toEqual([204, 2])
    const answer = await read(ada, { ids })
    const again = await read(ada, { ids })

    expect([answer.status, again.status]).toEqual([204, 204])
    expect((await listOf(ada)).find(({ kind }) => kind === 'follow')).toMatchObject({ is_read: true })
    expect(await unreadOf(ada)).toBe(1)
  })

  test('marks all that had changed by a time', async () => {
    const { ada, others, like } = await setUp(1)
    await like(others[0]!)
    const up_to = clock.now().toISOString()
    wait()
    await tell(ada, others[0]!, { kind: 'follow' })

    await read(ada, { up_to })

    expect(await listOf(ada, { unread_only: 'true' })).toMatchObject([{ kind: 'follow' }])
  })

  test.each([
    {},
    { ids: [] },
    { ids: ['x'] },
    { ids: Array.from({ length: 101 }, () => randomUUID()) },
    { up_to: 'yesterday' },
    { all: false },
    { all: true, ids: [randomUUID()] },
    { everything: true },
  ])('refuses the body %#', async (body) => {
    const { ada } = await setUp(0)

    expect(await read(ada, body)).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  })
})
