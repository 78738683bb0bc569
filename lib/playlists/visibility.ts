import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'
import type { Viewer } from '../tracks/visibility.ts'

/** What a statement about playlists reads from: `p` the playlist, `o` its owner, `mine` the viewer's part in it. */
export const playlistTables = (db: Db, { id }: Viewer): Fragment => db`
  playlists p
  join users o on o.id = p.owner_id
  left join playlist_collaborators mine on mine.playlist_id = p.id and mine.user_id = ${id ?? null}
`

/** Whether anybody may come upon it, in lists and searches. */
export const isPlaylistListed = (db: Db, { id }: Viewer): Fragment => db`(
  p.visibility = 'public' and o.deletes_at is null and ${isUnblocked(db, id, db`p.owner_id`)}
)`

/** Whether the viewer may see it who knows where it is. */
export const isPlaylistVisible = (db: Db, { id }: Viewer): Fragment => {
  const isOut = db`p.visibility in ('public', 'unlisted') and o.deletes_at is null`
  if (id === undefined) return db`(${isOut})`
  return db`(
    p.owner_id = ${id}
    or ((mine.role is not null or (${isOut})) and ${isUnblocked(db, id, db`p.owner_id`)})
  )`
}

/** Whether the viewer may change its items. */
export const isPlaylistEditable = (db: Db, { id }: Viewer): Fragment =>
  id === undefined ? db`false` : db`(p.owner_id = ${id} or mine.role is not distinct from 'editor')`

/** Whether the viewer may change all the rest of it. */
export const isPlaylistManaged = (db: Db, { id }: Viewer): Fragment =>
  id === undefined ? db`false` : db`(p.owner_id = ${id})`
