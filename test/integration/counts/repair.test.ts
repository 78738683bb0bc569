import { randomUUID } from 'node:crypto'
import { addToCount, type Counter, countOf, foldCounts } from '../../../lib/counts/counts.ts'
import type { Drift } from '../../../lib/counts/drift.ts'
import { createCountRepair } from '../../../lib/counts/repair.ts'
import { type CountSource, type CountSourceName, countSources } from '../../../lib/counts/sources.ts'
import type { Db, Sql } from '../../../lib/db/client.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { type Person, seedPerson, seedTrack } from '../../support/social.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const { track_likes } = countSources

/** Each run is a night of its own; answers by how much each counter was off. */
let nights = 0
async function runRepair(on: Sql = sql, sources: Readonly<Record<string, CountSource>> = countSources) {
  nights += 1
  const now = new Date(Date.now() + nights * 86_400_000)
  const drifts: Record<string, number> = {}
  const report = ({ source, drift }: Drift) => {
    drifts[source] = drift
  }
  const repair = createCountRepair({ sql: on, sources, report })
  while ((await repair(now)) > 0);
  return drifts
}

const read = async (counter: Counter, id: string) => {
  const [row] = await sql<[{ count: number }]>`select ${countOf(sql, counter, sql`${id}::uuid`)} as count`
  return row.count
}

const like = (tx: Db, track_id: string, user: Person) =>
  tx`insert into track_likes (track_id, user_id) values (${track_id}, ${user.id})`

async function setUp() {
  const [ada, ben] = [await seedPerson(sql), await seedPerson(sql)]
  return { ada, ben, track: await seedTrack(sql, ada) }
}

async function insertComment(track: string, by: Person, thread: string | null = null) {
  const [row] = await sql<[{ id: string }]>`
    insert into comments (track_id, author_id, artist_id, thread_id, parent_id, body, is_counted)
    values (${track}, ${by.id}, ${by.id}, ${thread}, ${thread}, 'Lovely', true)
    returning id
  `
  return row.id
}

async function insertPlaylist(by: Person) {
  const [row] = await sql<[{ id: string }]>`
    insert into playlists (owner_id, title) values (${by.id}, 'Mornings') returning id
  `
  return row.id
}

const insertPlay = (track_id: string, is_counted: boolean, issued_at = new Date()) =>
  sql`insert into plays ${sql({
    id: randomUUID(),
    issued_at,
    track_id,
    version_id: randomUUID(),
    started_at: issued_at,
    listened_ms: 60_000,
    is_complete: false,
    is_counted,
  })}`

type World = Awaited<ReturnType<typeof setUp>>

/** Two rows that count for the subject, and where there can be, one that does not. */
const rowsOf: Record<CountSourceName, (world: World) => Promise<string>> = {
  track_likes: async ({ track, ada, ben }) => {
    await like(sql, track, ada)
    await like(sql, track, ben)
    return track
  },
  track_reposts: async ({ track, ada, ben }) => {
    for (const { id } of [ada, ben])
      await sql`insert into reposts (track_id, user_id) values (${track}, ${id})`
    return track
  },
  track_plays: async ({ track }) => {
    for (const is_counted of [true, false, true]) await insertPlay(track, is_counted)
    return track
  },
  track_comments: async ({ track, ada, ben }) => {
    await insertComment(track, ada, await insertComment(track, ben))
    const hidden = await insertComment(track, ben)
    await sql`update comments set is_counted = false, hidden_at = now() where id = ${hidden}`
    return track
  },
  comment_replies: async ({ track, ada, ben }) => {
    const thread = await insertComment(track, ada)
    for (const by of [ada, ben]) await insertComment(track, by, thread)
    return thread
  },
  comment_likes: async ({ track, ada, ben }) => {
    const comment = await insertComment(track, ada)
    for (const { id } of [ada, ben]) {
      await sql`insert into comment_likes (comment_id, user_id, author_id) values (${comment}, ${id}, ${ada.id})`
    }
    return comment
  },
  playlist_likes: async ({ ada, ben }) => {
    const playlist = await insertPlaylist(ada)
    for (const { id } of [ada, ben]) {
      await sql`insert into playlist_likes (playlist_id, user_id) values (${playlist}, ${id})`
    }
    return playlist
  },
  playlist_followers: async ({ ada, ben }) => {
    const playlist = await insertPlaylist(ada)
    for (const { id } of [ada, ben]) {
      await sql`insert into playlist_follows (playlist_id, user_id) values (${playlist}, ${id})`
    }
    return playlist
  },
  followers: async ({ ada, ben }) => {
    const someone = await seedPerson(sql)
    for (const { id } of [ada, ben]) {
      await sql`insert into follows (follower_id, followed_id) values (${id}, ${someone.id})`
    }
    return someone.id
  },
  following: async ({ ada, ben }) => {
    const someone = await seedPerson(sql)
    for (const { id } of [ada, ben]) {
      await sql`insert into follows (follower_id, followed_id) values (${someone.id}, ${id})`
    }
    return someone.id
  },
}

const names = Object.keys(countSources) as CountSourceName[]

test.each(names)('%s become what the rows say, from below and from above', async (name) => {
  const { counter } = countSources[name]
  const id = await rowsOf[name](await setUp())

  await runRepair()
  const fromNothing = await read(counter, id)
  await sql`insert into count_deltas (subject_id, counter, delta) values (${id}, ${counter}, 5)`
  await foldCounts(sql)
  await runRepair()
  await foldCounts(sql)

  expect([fromNothing, await read(counter, id)]).toEqual([2, 2])
})

test('a count of a thing without any rows goes back to nothing', async () => {
  const { track } = await setUp()
  await addToCount(sql, 'like_count', track, 1)

  await runRepair()

  expect(await read('like_count', track)).toBe(0)
})

test('counts that are right are left alone, folded or not', async () => {
  const { track, ada, ben } = await setUp()
  await like(sql, track, ada)
  await addToCount(sql, 'like_count', track, 1)
  await runRepair()
  await foldCounts(sql)
  await like(sql, track, ben)
  await addToCount(sql, 'like_count', track, 1)

  await runRepair()

  expect(await sql`select delta from count_deltas where subject_id = ${track}`).toEqual([{ delta: 1 }])
  expect(await read('like_count', track)).toBe(2)
})

test('plays that were kept no longer still count', async () => {
  const { track } = await setUp()
  await insertPlay(track, true)
  await sql`insert into count_deltas (subject_id, counter, delta) values (${track}, 'play_count', 7)`
  await sql`update tracks set created_at = now() - interval '13 months' where id = ${track}`

  await runRepair()
  expect(await read('play_count', track)).toBe(7)
  for (let at = 0; at < 8; at++) await insertPlay(track, true)
  await runRepair()

  expect(await read('play_count', track)).toBe(9)
})

test('tells of each counter by how much it was off, in both directions', async () => {
  await runRepair()
  const { track, ada } = await setUp()
  const other = await seedTrack(sql, ada)
  await like(sql, track, ada)
  await addToCount(sql, 'like_count', other, 1)

  const drifts = await runRepair()

  expect(drifts).toEqual({ ...Object.fromEntries(names.map((name) => [name, 0])), track_likes: 2 })
})

test('goes on where a run was cut short, and begins anew the next night', async () => {
  const { track, ada } = await setUp()
  await like(sql, track, ada)
  const tonight = new Date(Date.now() + 400 * 86_400_000)
  const sources = { track_likes }
  const first = createCountRepair({ sql, sources })

  const looked = await first(tonight)
  await sql`insert into tracks (owner_id, title, rights_confirmed_at) select ${ada.id}, 'x', now() from generate_series(1, 3)`
  const again = await createCountRepair({ sql, sources })(tonight)
  const nextNight = await createCountRepair({ sql, sources })(new Date(tonight.getTime() + 86_400_000))

  // All fitted into one batch, so nothing is due until the next night.
  expect([again, nextNight]).toEqual([0, looked + 3])
  const [progress] =
    await sql`select after, finished_at is not null as is_finished from count_repairs where source = 'track_likes'`
  const [last] = await sql`select id from tracks order by id desc limit 1`
  expect(progress).toEqual({ after: last!.id, is_finished: true })
})

test('takes up a run where it was left, subject by subject', async () => {
  const { ada, ben } = await setUp()
  const tracks = [await seedTrack(sql, ada), await seedTrack(sql, ada)].toSorted()
  for (const track of tracks) await like(sql, track, ben)
  await sql`
    insert into count_repairs (source, after) values ('track_likes', ${tracks[0]!})
    on conflict (source) do update set after = excluded.after, finished_at = null
  `

  await createCountRepair({ sql, sources: { track_likes } })(new Date())

  expect(await Promise.all(tracks.map((track) => read('like_count', track)))).toEqual([0, 1])
})

test('while others like and unlike, and counts are folded, each count ends at its rows', async () => {
  const { ada } = await setUp()
  const connections = await openConnections(6)
  const people = await Promise.all(Array.from({ length: 12 }, () => seedPerson(sql)))
  const tracks = await Promise.all(Array.from({ length: 4 }, () => seedTrack(sql, ada)))
  // Off to begin with.
  await sql`insert into count_deltas (subject_id, counter, delta) select unnest(${tracks}::uuid[]), 'like_count', 3`
  const flip = (connection: Sql, track: string, person: Person) =>
    connection.begin(async (tx) => {
      const { count } = await tx`delete from track_likes where track_id = ${track} and user_id = ${person.id}`
      if (count === 0) await like(tx, track, person)
      await addToCount(tx, 'like_count', track, count === 0 ? 1 : -1)
    })
  const writers = connections.slice(0, 4).map(async (connection, at) => {
    for (let turn = 0; turn < 60; turn++) {
      await flip(connection, tracks[turn % 4]!, people[(at * 3 + (turn % 3)) % 12]!)
    }
  })
  const menders = connections.slice(4).map(async (connection) => {
    for (let turn = 0; turn < 10; turn++) {
      await runRepair(connection, { track_likes })
      await foldCounts(connection)
    }
  })

  await Promise.all([...writers, ...menders])

  for (const track of tracks) {
    const rows = await sql`select from track_likes where track_id = ${track}`
    expect(await read('like_count', track)).toBe(rows.length)
  }
}, 30_000)

test('a batch that fails is tried again small, and fails for good after that', async () => {
  await setUp()
  const broken = { track_likes: { ...track_likes, recount: () => sql`select 1 / 0` } }
  const repair = createCountRepair({ sql, sources: broken })
  const later = new Date(Date.now() + 900 * 86_400_000)

  expect(await repair(later)).toBe(1)
  await expect(repair(later)).rejects.toThrow('division by zero')
})
