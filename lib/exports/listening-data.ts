import type { ReadPage, Row } from './personal-data.ts'

const readReposts: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, track_id, created_at
  from reposts
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readShares: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, track_id, label, created_at, expires_at, revoked_at
  from track_shares
  where created_by = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readHistory: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select track_id as id, last_played_at
  from listening_history
  where user_id = ${user_id} and track_id > ${after}
  order by track_id
  limit ${limit}
`

const readPlays: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, track_id, version_id, started_at, listened_ms, is_complete, is_counted
  from plays
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** What the user made of tracks beside liking them. */
export const listeningData: Readonly<Record<string, ReadPage>> = {
  'reposts.json': readReposts,
  'share-links.json': readShares,
  'listening-history.json': readHistory,
  'plays.json': readPlays,
}
