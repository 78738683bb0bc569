import { foldCounts } from '../../../lib/counts/counts.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { createChance } from '../../bench/catalogue/chance.ts'
import { type Cast, seedCast } from '../../support/cast.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { findDrifts } from '../../support/drifts.ts'
import { createMoves, play } from '../../support/moves.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)

/** Counted, not timed: a slow machine sees as much of it as a fast one. */
const movesOfALane = 300

/** What leaves little to do for everybody else. */
const rare = new Set(['block', 'deleteTrack', 'endPart', 'hideTrackFromAll', 'putOut'])

/** Comments that count and should not, or the other way round; on the tracks of whoever is gone nobody sees any. */
const miscounted = () => sql`
  select c.id from comments c
  join users artist on artist.id = c.artist_id and artist.deleted_at is null
  where c.is_counted <> (
    c.deleted_at is null and c.hidden_at is null
    and not exists (select from mutes where muter_id = c.artist_id and muted_id = c.author_id)
    and not exists (select from blocks where blocker_id = c.artist_id and blocked_id = c.author_id)
  )
`

/** Whatever one gave to another between whom a block stands. */
const tiesAcrossBlocks = () => sql`
  with ties as (
    select 'follow' as kind, follower_id as giver, followed_id as owner from follows
    union all select 'like', user_id, owner_id from track_likes join tracks on tracks.id = track_id
    union all select 'repost', user_id, owner_id from reposts join tracks on tracks.id = track_id
    union all select 'comment like', user_id, author_id from comment_likes
    union all select 'part', user_id, owner_id from track_collaborators join tracks on tracks.id = track_id
    union all select 'playlist part', user_id, owner_id from playlist_collaborators join playlists p on p.id = playlist_id
    union all select 'playlist like', user_id, owner_id from playlist_likes join playlists p on p.id = playlist_id
    union all select 'playlist follow', user_id, owner_id from playlist_follows join playlists p on p.id = playlist_id
  )
  select * from ties join blocks b on (b.blocker_id, b.blocked_id) in ((giver, owner), (owner, giver))
`

const wrongTotals = () => sql`
  select p.id from playlists p
  where p.item_count <> (select count(*) from playlist_items i where i.playlist_id = p.id)
    or p.duration_ms <> (select coalesce(sum(duration_ms), 0) from playlist_items i where i.playlist_id = p.id)
`

async function expectSound() {
  expect(await miscounted()).toEqual([])
  expect(await tiesAcrossBlocks()).toEqual([])
  expect(await wrongTotals()).toEqual([])
  expect(await findDrifts(sql)).toEqual({})
}

async function storm(cast: Cast, lanes: number, seed: number) {
  const connections = await openConnections(lanes)
  const outcomes = await Promise.all(
    connections.map((connection, lane) => {
      const chance = createChance(seed * 100 + lane)
      return play(createMoves({ sql: connection, cast, chance }), chance, {
        count: movesOfALane,
        rare,
        oneIn: 4,
      })
    }),
  )
  return {
    failures: outcomes.flatMap(({ failures }) => failures),
    done: new Set(outcomes.flatMap(({ done }) => [...done])),
  }
}

test('whatever few people do to each other at once, nothing fails, and every count is what is left', async () => {
  const cast = await seedCast(sql)
  const isOver = { now: false }
  const folding = (async () => {
    while (!isOver.now) await foldCounts(sql)
  })()

  const { failures, done } = await storm(cast, 6, 1)
  isOver.now = true
  await folding

  for (const name of ['accept', 'proposeSplits', 'answer', 'block', 'letIn', 'resolveReport'])
    expect(done).toContain(name)
  expect(failures).toEqual([])
  await expectSound()
}, 120_000)

test('an account ends amid all that, and leaves counts behind that are what is left', async () => {
  const cast = await seedCast(sql)
  const leaving = cast.people[2]!
  const now = new Date()
  const bury = (now: Date) => buryDueAccount(sql, now)
  const burial = (async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await sql`update users set deletes_at = ${now} where id = ${leaving.id}`
    // An account that somebody holds is left for the next time.
    while ((await bury(now)) === 0);
  })()

  const { failures } = await storm(cast, 6, 2)

  expect(failures).toEqual([])
  await burial
  await expectSound()
}, 120_000)
