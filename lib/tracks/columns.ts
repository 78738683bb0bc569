import { countsOf } from '../counts/counts.ts'
import type { Db, Fragment } from '../db/client.ts'
import type { Track } from './schemas.ts'
import { isEditable, trackTables, type Viewer } from './visibility.ts'

export type TrackRow = Track & { readonly revision: number }

/**
 * A track as the viewer sees it, of `tracksWithCounts`.
 * Both revisions only grow, so that their sum tells when either of the two rows shown has changed.
 */
export const trackColumns = (db: Db, viewer: Viewer): Fragment => db`
  t.id, json_build_object('id', o.id, 'username', o.username, 'display_name', o.display_name) as owner,
  t.title, t.description, t.genre, t.tags, t.bpm, t.musical_key, t.is_explicit, t.visibility, t.release_at,
  t.status, t.status_reason,
  case when v.id is not null then json_build_object('id', v.id, 'number', v.number, 'label', v.label) end as version,
  v.duration_ms, v.codec, v.sample_rate_hz, v.channels, v.bitrate_bps,
  n.like_count, n.repost_count, n.comment_count, n.play_count,
  ${viewer.id === undefined ? db`false` : db`exists (select from track_likes l where l.track_id = t.id and l.user_id = ${viewer.id})`} as liked,
  json_build_object(
    'stream', v.id is not null,
    'download', v.id is not null and ${isEditable(db, viewer)},
    'edit', ${isEditable(db, viewer)}
  ) as access,
  t.published_at, t.created_at, t.updated_at, t.revision + o.revision as revision
`

/** `trackTables` and the counts beside them. */
export const tracksWithCounts = (db: Db, viewer: Viewer): Fragment => db`
  ${trackTables(db, viewer)}
  ${countsOf(db, db`t.id`, ['like_count', 'repost_count', 'comment_count', 'play_count'])}
`

/** Those of the tracks that the viewer may see, in the order of the ids. For lists that find their ids first. */
export async function listTracksByIds(
  db: Db,
  viewer: Viewer,
  ids: readonly string[],
  isAllowed: (db: Db, viewer: Viewer) => Fragment,
): Promise<TrackRow[]> {
  if (ids.length === 0) return []
  return db<TrackRow[]>`
    select ${trackColumns(db, viewer)}
    from unnest(${ids}::uuid[]) with ordinality as wanted (id, place)
    join ${tracksWithCounts(db, viewer)} on t.id = wanted.id
    where ${isAllowed(db, viewer)}
    order by wanted.place
  `
}
