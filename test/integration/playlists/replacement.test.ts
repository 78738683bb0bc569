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

let owner: Actor
let editor: Actor
let playlist_id: string
let items: ItemCalls
beforeEach(async () => {
  owner = await seedActor(sql)
  editor = await seedActor(sql)
  const body = { title: 'Slow Waters', visibility: 'public' }
  playlist_id = (await request(routes.createPlaylist, { actor: owner, body })).body.id
  await join(sql, playlist_id, editor, 'editor')
  items = itemsOf(request, playlist_id, owner)
})

/** So many tracks in one statement take seconds where other tests run too. */
const batch = 1_000

const fill = async (count: number) => {
  const tracks: string[] = []
  while (tracks.length < count) {
    tracks.push(...(await seedTracks(sql, owner.id, Math.min(batch, count - tracks.length))))
  }
  return { tracks, ids: await seedItems(sql, playlist_id, tracks, owner.id) }
}
const order = async () => (await walk(items)).map(({ id }) => id)

test('makes the list what is sent, keeping the items whose track stays', async () => {
  const { tracks, ids } = await fill(4)
  const [late] = await seedTracks(sql, editor.id, 1, { duration_ms: 30_000 })
  const before = await walk(items)
  clock.advance(60)

  const answer = await items.replace([tracks[3], late, tracks[0], tracks[2]], '"1"', editor)

  expect(answer).toMatchObject({
    status: 200,
    headers: { etag: expect.stringMatching(/^"2-/) },
    body: { id: playlist_id, item_count: 4, duration_ms: 210_000, revision: 2 },
  })
  const now = await walk(items)
  expect(now.map(({ id }) => id)).toEqual([ids[3], expect.any(String), ids[0], ids[2]])
  expect(now.map(({ position }) => position)).toEqual([1, 2, 3, 4])
  expect(now[1]).toMatchObject({
    track: { id: late },
    added_by: { id: editor.id },
    added_at: clock.now().toISOString(),
  })
  for (const at of [0, 2, 3]) {
    const same = before.find(({ id }) => id === now[at]!.id)!
    expect(now[at]).toMatchObject({ added_by: same.added_by, added_at: same.added_at })
  }
})

test('with nothing empties the list', async () => {
  await fill(3)

  expect(await items.replace([], '"1"')).toMatchObject({ body: { item_count: 0, duration_ms: 0 } })
  expect(await order()).toEqual([])
})

test('holds a track as often as it is named, by the items that there are first', async () => {
  const [one, two] = await seedTracks(sql, owner.id, 2)
  const ids = await seedItems(sql, playlist_id, [one!, two!, one!])

  await items.replace([one, one, one, two], '"1"')
  const more = await order()
  expect(more).toEqual([ids[0], ids[2], expect.any(String), ids[1]])

  await items.replace([two, one], '"2"')
  expect(await order()).toEqual([ids[1], ids[0]])
})

test('takes an id in any case', async () => {
  const { tracks, ids } = await fill(2)

  await items.replace([tracks[1]!.toUpperCase(), tracks[0]!], '"1"')

  expect(await order()).toEqual([ids[1], ids[0]])
})

test('needs the revision that it replaces', async () => {
  const { tracks, ids } = await fill(2)
  await items.move(ids[1]!, null)

  expect(await items.replace(tracks, undefined)).toMatchObject({
    status: 428,
    problem: { code: 'precondition_required' },
  })
  for (const stale of ['"1"', '"3"', 'W/"2"', '2', '']) {
    expect(await items.replace(tracks, stale)).toMatchObject({
      status: 412,
      problem: { code: 'precondition_failed' },
    })
  }
  expect(await order()).toEqual([ids[1], ids[0]])
  expect(await items.replace(tracks, '"2"')).toMatchObject({ status: 200 })
})

test('of two that replace the same state, one is refused', async () => {
  const { tracks } = await fill(3)

  const answers = await Promise.all([
    items.replace([tracks[0]], '"1"'),
    items.replace([tracks[1]], '"1"', editor),
  ])

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  expect(await order()).toHaveLength(1)
})

test('names each track that cannot be added, and changes nothing', async () => {
  const { tracks, ids } = await fill(2)
  const [secret] = await seedTracks(sql, editor.id, 1, { visibility: 'private' })
  const nothing = crypto.randomUUID()

  const answer = await items.replace([tracks[1], secret, tracks[0], nothing], '"1"')

  expect(answer).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  expect(answer.problem.errors).toEqual(
    [1, 3].map((at) => ({
      pointer: `#/body/track_ids/${at}`,
      code: 'track_not_found',
      detail: expect.any(String),
    })),
  )
  expect(await order()).toEqual(ids)
  expect((await items.get()).revision).toBe(1)
})

test('keeps what the editor does not see, each behind the item that it followed', async () => {
  const { tracks, ids } = await fill(4)
  const [front, back] = [tracks[0]!, tracks[2]!]
  await sql`update tracks set visibility = 'private' where id = any(${[front, back]}::uuid[])`
  expect((await walk(items, 10, editor)).map(({ track }) => track.id)).toEqual([tracks[1], tracks[3]])

  await items.replace([tracks[3], tracks[1]], '"1"', editor)

  expect(await order()).toEqual([ids[0], ids[3], ids[1], ids[2]])
  expect(await items.get()).toMatchObject({ item_count: 4 })
})

test.each([
  { name: '10 001 tracks', ids: Array.from({ length: 10_001 }, () => crypto.randomUUID()) },
  { name: 'what is no list', ids: 'x' },
  { name: 'what is no id', ids: ['x'] },
  { name: 'null for an id', ids: [null] },
])('refuses $name', async ({ ids }) => {
  const { ids: before } = await fill(1)

  expect(await items.replace(ids as string[], '"1"')).toMatchObject({
    status: 422,
    problem: { code: 'validation_failed' },
  })
  expect(await order()).toEqual(before)
})

test('is refused where those that stay unseen would make it too long', async () => {
  const [secret, open] = await seedTracks(sql, owner.id, 2)
  await seedItems(sql, playlist_id, [secret!])
  await sql`update tracks set visibility = 'private' where id = ${secret!}`

  expect(await items.replace(Array(10_000).fill(open), '"1"', editor)).toMatchObject({
    status: 409,
    problem: { code: 'playlist_full' },
  })
  expect(await items.replace(Array(9_999).fill(open), '"1"', editor)).toMatchObject({ status: 200 })
})

test('turns 10 000 items round', async () => {
  const { tracks, ids } = await fill(10_000)
  await sql`analyze playlist_items, tracks`

  const answer = await items.replace(tracks.toReversed(), '"1"')

  expect(answer).toMatchObject({ status: 200, body: { item_count: 10_000, duration_ms: 600_000_000 } })
  const rows = await sql<{ id: string }[]>`
    select id from playlist_items where playlist_id = ${playlist_id} order by rank
  `
  expect(rows.map(({ id }) => id)).toEqual(ids.toReversed())
}, 30_000)
