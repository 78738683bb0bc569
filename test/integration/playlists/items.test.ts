import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { type ItemCalls, itemsOf, join, walk } from '../../support/playlist-items.ts'
import { createPlaylistsApi, seedItems, seedTracks } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const clock = createClock()
const request = createPlaylistsApi(sql, clock.now)

let owner: Actor & { username: string }
let stranger: Actor
let playlist_id: string
let items: ItemCalls
beforeEach(async () => {
  owner = await seedActor(sql)
  stranger = await seedActor(sql)
  playlist_id = await create('public')
  items = itemsOf(request, playlist_id, owner)
})

const create = async (visibility: string) =>
  (await request(routes.createPlaylist, { actor: owner, body: { title: 'Slow Waters', visibility } })).body.id

/** Adds so many tracks, one behind the other. */
const fill = async (count: number) => {
  const tracks = await seedTracks(sql, owner.id, count)
  const ids: string[] = []
  for (const track of tracks) ids.push((await items.add(track)).body.id)
  return { tracks, ids }
}
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id)
const order = async () => idsOf(await walk(items))

describe('adding', () => {
  test('puts a track at the end, with who added it and when', async () => {
    await fill(1)
    const [track] = await seedTracks(sql, owner.id, 1, { duration_ms: 90_000 })

    const answer = await items.add(track!)

    expect(answer).toMatchObject({
      status: 201,
      body: {
        track: { id: track, owner: { id: owner.id }, duration_ms: 90_000, access: { edit: true } },
        added_by: { id: owner.id, username: owner.username, display_name: `${owner.username} of Veza` },
        added_at: clock.now().toISOString(),
        position: 2,
      },
    })
    expect(Object.keys(answer.body).sort()).toEqual(['added_at', 'added_by', 'id', 'position', 'track'])
    expect(await items.get()).toMatchObject({ item_count: 2, duration_ms: 150_000, revision: 3 })
  })

  test('puts it to the front, or behind an item', async () => {
    const { ids } = await fill(2)
    const [front, middle] = await seedTracks(sql, owner.id, 2)

    const first = await items.add(front!, { after: null })
    const third = await items.add(middle!, { after: ids[0] })

    expect([first.body.position, third.body.position]).toEqual([1, 3])
    expect(await order()).toEqual([first.body.id, ids[0], third.body.id, ids[1]])
  })

  test('answers with the item that is there already, and changes nothing', async () => {
    const { tracks, ids } = await fill(2)

    const again = await items.add(tracks[1]!, { after: null })

    expect(again).toMatchObject({ status: 200, body: { id: ids[1], position: 2 } })
    expect(await items.get()).toMatchObject({ item_count: 2, revision: 3 })
  })

  test('adds it once more where that is meant', async () => {
    const { tracks } = await fill(1)

    expect(await items.add(tracks[0]!, { allow_duplicates: true })).toMatchObject({
      status: 201,
      body: { position: 2 },
    })
    expect(await items.get()).toMatchObject({ item_count: 2, duration_ms: 120_000 })
  })

  test('behind an item that is gone is refused', async () => {
    const { ids } = await fill(1)
    const [track] = await seedTracks(sql, owner.id, 1)
    await items.remove(ids[0]!)

    expect(await items.add(track!, { after: ids[0] })).toMatchObject({
      status: 409,
      problem: { code: 'playlist_item_gone' },
    })
    expect(await items.get()).toMatchObject({ item_count: 0, revision: 3 })
  })

  test('behind an item of another playlist is refused', async () => {
    const { ids, tracks } = await fill(1)
    const other = itemsOf(request, await create('private'), owner)

    expect(await other.add(tracks[0]!, { after: ids[0] })).toMatchObject({ status: 409 })
  })

  test.each([
    { name: 'that there is not', track: async () => crypto.randomUUID() },
    { name: 'of somebody else that is private', track: () => seedOne({ visibility: 'private' }) },
    {
      name: 'that was deleted',
      track: async () => {
        const track = await seedOne()
        await sql`update tracks set deleted_at = now() where id = ${track}`
        return track
      },
    },
    {
      name: 'of somebody who has blocked the one who adds',
      track: async () => {
        await sql`insert into blocks ${sql({ blocker_id: stranger.id, blocked_id: owner.id })}`
        return seedOne()
      },
    },
    {
      name: 'of somebody whom the one who adds has blocked',
      track: async () => {
        await sql`insert into blocks ${sql({ blocker_id: owner.id, blocked_id: stranger.id })}`
        return seedOne()
      },
    },
  ])('a track $name is refused', async ({ track }) => {
    const answer = await items.add(await track())

    expect(answer).toMatchObject({
      status: 422,
      problem: {
        code: 'validation_failed',
        errors: [{ pointer: '#/body/track_id', code: 'track_not_found' }],
      },
    })
    expect(await items.get()).toMatchObject({ item_count: 0, revision: 1 })
  })

  const seedOne = async (options = {}) => (await seedTracks(sql, stranger.id, 1, options))[0]!

  test('takes an unlisted track of somebody else from whoever knows its id', async () => {
    expect(await items.add(await seedOne({ visibility: 'unlisted' }))).toMatchObject({ status: 201 })
  })

  test('stops at 10 000 items, but for what is there already', async () => {
    const [track, other] = await seedTracks(sql, owner.id, 2)
    await seedItems(sql, playlist_id, Array(10_000).fill(track))

    expect(await items.add(other!)).toMatchObject({ status: 409, problem: { code: 'playlist_full' } })
    expect(await items.add(track!, { allow_duplicates: true })).toMatchObject({ status: 409 })
    expect(await items.add(track!)).toMatchObject({ status: 200 })
    expect((await items.get()).item_count).toBe(10_000)
  })

  test.each([
    { name: 'no track', body: { track_id: undefined } },
    { name: 'a track that is no id', body: { track_id: 'x' } },
    { name: 'a place that is no id', body: { after: 'first' } },
    { name: 'a number for a place', body: { after: 5 } },
    { name: 'a word for a truth', body: { allow_duplicates: 'yes' } },
    { name: 'an author', body: { added_by: crypto.randomUUID() } },
    { name: 'a rank', body: { rank: 'a0' } },
  ])('refuses $name', async ({ body }) => {
    expect(await items.add(crypto.randomUUID(), body)).toMatchObject({ status: 422 })
  })
})

describe('moving', () => {
  test('puts an item behind another, keeping its id and who added it', async () => {
    const { ids } = await fill(4)
    clock.advance(60)

    const answer = await items.move(ids[0]!, ids[2]!)

    expect(answer).toMatchObject({
      status: 200,
      body: { id: ids[0], position: 3, added_by: { id: owner.id } },
    })
    expect(answer.body.added_at).not.toBe(clock.now().toISOString())
    expect(await order()).toEqual([ids[1], ids[2], ids[0], ids[3]])
    expect(await items.get()).toMatchObject({ item_count: 4, revision: 6 })
  })

  test('puts it to the front or to the end', async () => {
    const { ids } = await fill(3)

    expect((await items.move(ids[1]!, null)).body.position).toBe(1)
    expect((await items.move(ids[0]!, ids[2]!)).body.position).toBe(3)
    expect(await order()).toEqual([ids[1], ids[2], ids[0]])
  })

  test('behind itself leaves it where it is', async () => {
    const { ids } = await fill(2)

    expect(await items.move(ids[1]!, ids[1]!)).toMatchObject({ status: 200, body: { position: 2 } })
    expect((await items.get()).revision).toBe(3)
  })

  test('to where it is already keeps the order', async () => {
    const { ids } = await fill(3)

    await items.move(ids[1]!, ids[0]!)
    await items.move(ids[0]!, null)

    expect(await order()).toEqual(ids)
  })

  test('is refused for what is gone, and behind what is gone', async () => {
    const { ids } = await fill(2)
    await items.remove(ids[0]!)

    expect(await items.move(ids[0]!, null)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
    expect(await items.move(ids[1]!, ids[0]!)).toMatchObject({
      status: 409,
      problem: { code: 'playlist_item_gone' },
    })
    expect(await items.move(ids[1]!, crypto.randomUUID())).toMatchObject({ status: 409 })
  })

  test('needs a place', async () => {
    const { ids } = await fill(1)

    const params = { playlist_id, item_id: ids[0]! }
    expect(await request(routes.movePlaylistItem, { actor: owner, params, body: {} })).toMatchObject({
      status: 422,
      problem: { errors: [{ pointer: '#/body/after' }] },
    })
  })

  test('gives room at one place for ever, by ranks that stay short', async () => {
    const { ids } = await fill(3)
    await sql`update playlist_items set rank = 'a0' || repeat('0', 195) || 'V' where id = ${ids[1]!}`

    for (let i = 0; i < 40; i++) await items.move(ids[2 - (i % 2) * 1]!, ids[0]!)

    const [{ longest }] = await sql<[{ longest: number }]>`
      select max(length(rank)) as longest from playlist_items where playlist_id = ${playlist_id}
    `
    expect(longest).toBeLessThanOrEqual(200)
    expect(new Set(await order())).toEqual(new Set(ids))
    expect((await order())[0]).toBe(ids[0])
  })
})

describe('removing', () => {
  test('takes an item out, with its time', async () => {
    const { ids } = await fill(3)

    expect(await items.remove(ids[1]!)).toMatchObject({ status: 204, text: '' })

    expect(await order()).toEqual([ids[0], ids[2]])
    expect(await items.get()).toMatchObject({ item_count: 2, duration_ms: 120_000, revision: 5 })
    expect(await items.remove(ids[1]!)).toMatchObject({ status: 404 })
  })

  test('takes the time away that it brought, whatever the track lasts by now', async () => {
    const { ids, tracks } = await fill(2)
    await sql`update track_versions set duration_ms = 5000000 where track_id = ${tracks[0]!}`

    await items.remove(ids[0]!)

    expect(await items.get()).toMatchObject({ duration_ms: 60_000 })
  })

  test('names an item of this playlist', async () => {
    const { ids } = await fill(1)
    const other = itemsOf(request, await create('private'), owner)

    expect(await other.remove(ids[0]!)).toMatchObject({ status: 404 })
    expect((await items.get()).item_count).toBe(1)
  })
})

test('every edit is refused where the list has changed since it was read, if that is asked for', async () => {
  const { ids, tracks } = await fill(2)
  const [track] = await seedTracks(sql, owner.id, 1)
  const stale = { 'if-match': '"1"' }

  const answers = [
    await items.add(track!, {}, owner, stale),
    await items.move(ids[0]!, null, owner, stale),
    await items.remove(ids[0]!, owner, stale),
    await items.replace(tracks, '"1"'),
  ]

  expect(answers.map(({ problem }) => problem.code)).toEqual(Array(4).fill('precondition_failed'))
  expect(await items.remove(ids[0]!, owner, { 'if-match': '"3"' })).toMatchObject({ status: 204 })
})

describe.each([
  { who: 'a stranger', visibility: 'private', status: 404, code: 'not_found' },
  { who: 'a stranger who sees it', visibility: 'public', status: 403, code: 'forbidden' },
  {
    who: 'somebody who was let in to see it',
    visibility: 'private',
    role: 'viewer',
    status: 403,
    code: 'forbidden',
  },
  {
    who: 'a blocked editor',
    visibility: 'public',
    role: 'editor',
    isBlocked: true,
    status: 404,
    code: 'not_found',
  },
] as const)('$who', ({ visibility, status, code, ...part }) => {
  test('edits nothing', async () => {
    const { ids, tracks } = await fill(2)
    await sql`update playlists set visibility = ${visibility} where id = ${playlist_id}`
    if ('role' in part) await join(sql, playlist_id, stranger, part.role)
    if ('isBlocked' in part)
      await sql`insert into blocks ${sql({ blocker_id: owner.id, blocked_id: stranger.id })}`

    const answers = [
      await items.add(tracks[0]!, {}, stranger),
      await items.move(ids[1]!, null, stranger),
      await items.remove(ids[1]!, stranger),
      await items.replace([], '"3"', stranger),
    ]

    for (const answer of answers) expect(answer).toMatchObject({ status, problem: { code } })
    expect(await order()).toEqual(ids)
    expect((await items.get()).revision).toBe(3)
  })
})

test('an editor adds, moves and removes, and is named as who added', async () => {
  const { ids } = await fill(2)
  await join(sql, playlist_id, stranger, 'editor')
  const [track] = await seedTracks(sql, stranger.id, 1, { visibility: 'private' })

  const added = await items.add(track!, { after: null }, stranger)

  expect(added).toMatchObject({ status: 201, body: { added_by: { id: stranger.id } } })
  expect(await items.move(ids[1]!, null, stranger)).toMatchObject({ status: 200 })
  expect(await items.remove(ids[0]!, stranger)).toMatchObject({ status: 204 })
  expect(idsOf(await walk(items, 100, stranger))).toEqual([ids[1], added.body.id])
})
