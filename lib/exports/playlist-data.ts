import type { ReadPage, Row } from './personal-data.ts'

const readPlaylists: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, title, description, visibility, cover_sha256, item_count, duration_ms, created_at, updated_at
  from playlists
  where owner_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** Those of the user's playlists, and what they put into those of others. */
const readItems: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, playlist_id, track_id, added_at, added_by is not distinct from ${user_id} as added_by_you
  from playlist_items
  where id > ${after} and id in (
    select i.id from playlist_items i join playlists p on p.id = i.playlist_id where p.owner_id = ${user_id}
    union
    select id from playlist_items where added_by = ${user_id}
  )
  order by id
  limit ${limit}
`

const readCollaborations: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, playlist_id, role, created_at
  from playlist_collaborators
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readLikes: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, playlist_id, created_at
  from playlist_likes
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readFollows: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, playlist_id, created_at
  from playlist_follows
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

export const playlistData: Readonly<Record<string, ReadPage>> = {
  'playlists.json': readPlaylists,
  'playlist-items.json': readItems,
  'playlist-collaborations.json': readCollaborations,
  'playlist-likes.json': readLikes,
  'playlist-follows.json': readFollows,
}
