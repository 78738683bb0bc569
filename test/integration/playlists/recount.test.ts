import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { recountPlaylists } from '../../../lib/playlists/recount.ts'
import { endPlaylistsOf } from '../../../lib/playlists/ties.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { itemsOf, join } from '../../support/playlist-items.ts'
import { createPlaylistsApi, seedItems, seedTracks } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const request = createPlaylistsApi(sql)
const tomorrow = () => new Date(Date.now() + 24 * 60 * 60 * 1_000)

let owner: Actor
beforeEach(async () => {
  owner = await seedActor(sql)
  await sql`delete from playlists`
})

const fill = async (count: number) => {
  const body = { title: 'Slow Waters', visibility: 'public' }
  const { id } = (await request(routes.createPlaylist, { actor: owner, body })).body
  const tracks = await seedTracks(sql, owner.id, count)
  return { id, tracks, ids: await seedItems(sql, id, tracks, owner.id), ...itemsOf(request, id, owner) }
}

test('puts right what a new version, or the purge of a track, has changed', async () => {
  const { tracks, get, list } = await fill(3)
  await sql`update track_versions set duration_ms = 90000 where track_id = ${tracks[0]!}`
  await sql`update tracks set current_version_id = null where id = ${tracks[1]!}`
  await sql`delete from track_versions where track_id = ${tracks[1]!}`
  await sql`delete from uploads where track_id = ${tracks[1]!}`
  await sql`delete from tracks where id = ${tracks[1]!}`

  expect((await list()).body.data.map(({ position }) => position)).toEqual([1, 2])
  expect(await recountPlaylists(sql, tomorrow())).toBe(1)

  expect(await get()).toMatchObject({ item_count: 2, duration_ms: 150_000, revision: 2 })
})

test('the purge of a track takes it out of every playlist, while others edit them', async () => {
  const lists = [await fill(3), await fill(2)]
  const [doomed] = lists[0]!.tracks
  await lists[1]!.add(doomed!, { after: null })
  await sql`
    update tracks set deleted_at = now(), purges_at = now() - interval '1 second' where id = ${doomed!}
  `
  const more = await seedTracks(sql, owner.id, 10)
  const [one, two] = await openConnections(2)
  const edits = itemsOf(createPlaylistsApi(one!), lists[0]!.id, owner)

  const [purged] = await Promise.all([
    purgeDueTracks(two!, new Date()),
    ...more.map((track) => edits.add(track)),
  ])

  expect(purged).toBe(1)
  expect(await sql`select from playlist_items where track_id = ${doomed!}`).toHaveLength(0)
  expect(await lists[0]!.get()).toMatchObject({ item_count: 12, duration_ms: 720_000, revision: 12 })
  expect(await lists[1]!.get()).toMatchObject({ item_count: 2, duration_ms: 120_000, revision: 3 })
  expect(await sql`select from tracks where id = ${doomed!}`).toHaveLength(0)
})

test('leaves what is right as it was, and looks at each once a day', async () => {
  const { get } = await fill(3)
  const before = await get()

  expect(await recountPlaylists(sql, new Date())).toBe(0)
  expect(await recountPlaylists(sql, tomorrow())).toBe(1)
  expect(await recountPlaylists(sql, tomorrow())).toBe(0)

  expect(await get()).toEqual(before)
})

test('takes all of them in turn, and no edit is lost meanwhile', async () => {
  const { id, add } = await fill(1)
  const more = await seedTracks(sql, owner.id, 30)
  await sql`
    insert into playlists (owner_id, title, item_count)
    select ${owner.id}, 'List ' || n, 7 from generate_series(1, 120) n
  `
  const [one, two] = await openConnections(2)
  const recount = async () => {
    let all = 0
    for (let n = -1; n !== 0; ) {
      n = await recountPlaylists(two!, tomorrow())
      all += n
    }
    return all
  }
  const calls = itemsOf(createPlaylistsApi(one!), id, owner)

  const [counted] = await Promise.all([recount(), ...more.map((track) => calls.add(track))])

  expect([120, 121]).toContain(counted)
  await recount()
  const [{ wrong }] = await sql<[{ wrong: number }]>`
    select count(*)::int as wrong from playlists p
    where item_count <> (select count(*) from playlist_items i where i.playlist_id = p.id)
  `
  expect(wrong).toBe(0)
  expect(await add(more[0]!)).toMatchObject({ status: 200 })
  expect(await calls.get()).toMatchObject({ item_count: 31, duration_ms: 31 * 60_000 })
})

test('an account that ends takes its playlists, and its part in those of others', async () => {
  const { id } = await fill(2)
  const other = await seedActor(sql)
  const theirs = (
    await request(routes.createPlaylist, { actor: other, body: { title: 'Theirs', visibility: 'public' } })
  ).body.id
  const calls = itemsOf(request, theirs, other)
  await join(sql, theirs, owner, 'editor')
  const [track] = await seedTracks(sql, other.id, 1)
  await calls.add(track!, {}, owner)
  await request(routes.likePlaylist, { actor: owner, params: { playlist_id: theirs } })
  await request(routes.followPlaylist, { actor: owner, params: { playlist_id: theirs } })
  await join(sql, id, other, 'viewer')

  await sql.begin((tx) => endPlaylistsOf(tx, owner.id))

  expect(await request(routes.getPlaylist, { actor: other, params: { playlist_id: id } })).toMatchObject({
    status: 404,
  })
  expect(await calls.get()).toMatchObject({ item_count: 1, like_count: 0, follower_count: 0 })
  expect(await sql`select from playlist_collaborators where user_id = ${owner.id}`).toHaveLength(0)
  expect((await calls.list()).body.data).toHaveLength(1)
})
