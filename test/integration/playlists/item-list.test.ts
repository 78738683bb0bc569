import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { encodeCursor } from '../../../lib/http/cursor.ts'
import { useDatabase } from '../../support/database.ts'
import { type ItemCalls, itemsOf, join, walk } from '../../support/playlist-items.ts'
import { createPlaylistsApi, seedItems, seedTracks } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const request = createPlaylistsApi(sql)

let owner: Actor & { username: string }
let artist: Actor
let viewer: Actor
let playlist_id: string
let items: ItemCalls
beforeEach(async () => {
  owner = await seedActor(sql)
  artist = await seedActor(sql)
  viewer = await seedActor(sql)
  playlist_id = await create()
  items = itemsOf(request, playlist_id, owner)
})

const create = async (visibility = 'public') =>
  (await request(routes.createPlaylist, { actor: owner, body: { title: 'Slow Waters', visibility } })).body.id
const fill = async (count: number, by: string = owner.id) => {
  const tracks = await seedTracks(sql, artist.id, count)
  return { tracks, ids: await seedItems(sql, playlist_id, tracks, by) }
}
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id)
const positionsOf = (list: readonly { position: number }[]) => list.map(({ position }) => position)

test('gives the items in their order, with their tracks as the caller sees them, a page at a time', async () => {
  const { ids, tracks } = await fill(45)

  const seen = await walk(items, 20, viewer)

  expect(idsOf(seen)).toEqual(ids)
  expect(seen.map(({ track }) => track.id)).toEqual(tracks)
  expect(positionsOf(seen)).toEqual(Array.from({ length: 45 }, (_, at) => at + 1))
  expect(seen[0]).toMatchObject({
    track: { title: 'Low Tide 1', owner: { id: artist.id }, access: { stream: true, edit: false } },
    added_by: { id: owner.id },
  })
})

test('of an empty playlist is empty', async () => {
  expect(await items.list()).toMatchObject({ body: { data: [], has_more: false, next_cursor: null } })
})

test.each([
  {
    name: 'is private by now',
    sql: (id: string) => sql`update tracks set visibility = 'private' where id = ${id}`,
  },
  { name: 'is deleted', sql: (id: string) => sql`update tracks set deleted_at = now() where id = ${id}` },
  {
    name: 'does not play any more',
    sql: (id: string) => sql`update tracks set status = 'failed' where id = ${id}`,
  },
])('leaves out what $name, and shows it where it was once that is over', async ({ sql: hide }) => {
  const { ids, tracks } = await fill(5)
  await hide(tracks[1]!)

  const without = await walk(items, 2)
  expect(idsOf(without)).toEqual([ids[0], ids[2], ids[3], ids[4]])
  expect(positionsOf(without)).toEqual([1, 3, 4, 5])
  expect(await items.get()).toMatchObject({ item_count: 5, duration_ms: 300_000 })

  await sql`update tracks set visibility = 'public', deleted_at = null, status = 'ready' where id = ${tracks[1]!}`
  expect(idsOf(await walk(items, 2))).toEqual(ids)
})

test('leaves out the tracks of whom a block parts from the viewer, and of nobody else', async () => {
  const { ids } = await fill(3)
  await sql`insert into blocks ${sql({ blocker_id: artist.id, blocked_id: viewer.id })}`

  expect(await walk(items, 2, viewer)).toEqual([])
  expect(idsOf(await walk(items, 2))).toEqual(ids)
})

test('fills its pages, however many items between are hidden', async () => {
  const { ids, tracks } = await fill(200)
  const hidden = tracks.filter((_, at) => at % 50 !== 49)
  await sql`update tracks set visibility = 'private' where id = any(${hidden}::uuid[])`

  const { body } = await items.list({ limit: 3 })

  expect(positionsOf(body.data)).toEqual([50, 100, 150])
  expect(body.has_more).toBe(true)
  expect(idsOf(await walk(items, 3))).toEqual([ids[49], ids[99], ids[149], ids[199]])
})

test('does not name who added, where a block or the end of an account is between', async () => {
  await fill(1, artist.id)
  const adder = async (actor?: Actor) => (await items.list({}, actor)).body.data[0]!.added_by
  expect(await adder(viewer)).toMatchObject({ id: artist.id })

  await sql`update users set deletes_at = now() where id = ${owner.id}`
  await sql`update playlist_items set added_by = ${owner.id} where playlist_id = ${playlist_id}`
  await join(sql, playlist_id, viewer, 'viewer')
  expect(await adder(viewer)).toBeNull()
  await sql`update users set deletes_at = null where id = ${owner.id}`
  await sql`update playlist_items set added_by = ${artist.id} where playlist_id = ${playlist_id}`
  const other = await seedTracks(sql, owner.id, 1)
  await sql`update playlist_items set track_id = ${other[0]!} where playlist_id = ${playlist_id}`
  await sql`insert into blocks ${sql({ blocker_id: viewer.id, blocked_id: artist.id })}`

  expect(await adder(viewer)).toBeNull()
  expect(await adder()).toMatchObject({ id: artist.id })
})

test('is shown to whoever may see the playlist', async () => {
  const { ids } = await fill(2)
  await sql`update playlists set visibility = 'private' where id = ${playlist_id}`

  expect(await items.list({}, viewer)).toMatchObject({ status: 404, problem: { code: 'not_found' } })
  expect(await request(routes.listPlaylistItems, { params: { playlist_id } })).toMatchObject({ status: 404 })
  await join(sql, playlist_id, viewer, 'viewer')
  expect(idsOf(await walk(items, 20, viewer))).toEqual(ids)
})

test('goes to a guest too', async () => {
  const { ids } = await fill(2)

  const { body } = await request(routes.listPlaylistItems, { params: { playlist_id } })

  expect(idsOf(body.data)).toEqual(ids)
  expect(body.data[0]!.track).toMatchObject({ liked: false, access: { edit: false } })
})

test('takes no cursor of another playlist, nor one that was made up', async () => {
  await fill(3)
  const { body } = await items.list({ limit: 1 })
  const other = itemsOf(request, await create(), owner)

  const scope = `playlist_items:${playlist_id}`
  const forged = [
    encodeCursor(scope, ['a0\0', 1, 1]),
    encodeCursor(scope, ['a0', -1, 1]),
    encodeCursor(scope, ['a0', 1e15, 1]),
    encodeCursor(scope, [1, 1, 1]),
    encodeCursor(scope, ['a0']),
    'x',
    '',
  ]

  expect(await other.list({ cursor: body.next_cursor! })).toMatchObject({
    status: 400,
    problem: { code: 'invalid_request' },
  })
  for (const cursor of forged) expect(await items.list({ cursor })).toMatchObject({ status: 400 })
})

describe('while the list is edited', () => {
  test('goes on where it was, with positions that hold now', async () => {
    const { ids } = await fill(6)
    const { body } = await items.list({ limit: 3 })
    await items.remove(ids[0]!)
    await items.remove(ids[2]!)

    const rest = (await items.list({ cursor: body.next_cursor! })).body.data

    expect(idsOf(rest)).toEqual(ids.slice(3))
    expect(positionsOf(rest)).toEqual([2, 3, 4])
  })

  test('misses no item that did not move, whatever is done to the others between two pages', async () => {
    const { ids } = await fill(30)
    const tracks = await seedTracks(sql, owner.id, 10)
    const still = new Set(ids.filter((_, at) => at % 3 !== 0))
    const others = ids.filter((id) => !still.has(id))
    const seen: string[] = []
    let cursor: string | null = null
    for (let step = 0; ; step++) {
      const { body }: Awaited<ReturnType<ItemCalls['list']>> = await items.list({
        limit: 4,
        ...(cursor !== null && { cursor }),
      })
      seen.push(...idsOf(body.data))
      cursor = body.next_cursor
      if (cursor === null) break
      await items.move(others[step]!, step % 2 === 0 ? null : ids.at(-1)!)
      await items.remove(others.at(-1 - step)!)
      if (step < 10) await items.add(tracks[step]!, { after: seen.at(-1) ?? null })
    }

    expect(seen.filter((id) => still.has(id))).toEqual([...still])
  })

  test('meets items again rather than missing some, when all ranks are given anew', async () => {
    const { ids, tracks } = await fill(10)
    const first = (await items.list({ limit: 4 })).body

    const { revision } = await items.get()
    expect(await items.replace(tracks, `"${revision}"`)).toMatchObject({ status: 200 })
    const rest = (await items.list({ cursor: first.next_cursor! })).body.data

    expect(new Set([...idsOf(first.data), ...idsOf(rest)])).toEqual(new Set(ids))
    expect(idsOf(rest).slice(-6)).toEqual(ids.slice(-6))
    expect(positionsOf(rest).at(-1)).toBe(10)
  })
})
