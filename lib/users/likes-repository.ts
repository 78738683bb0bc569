import type { Db, Fragment } from '../db/client.ts'
import { type TrackRow, trackColumns, tracksWithCounts } from '../tracks/columns.ts'
import type { Viewer } from '../tracks/visibility.ts'

export type LikedTrackRow = TrackRow & { readonly like_id: string; readonly liked_at: Date }

export interface LikesFilter {
  readonly user_id: string
  readonly isAllowed: (db: Db, viewer: Viewer) => Fragment
  /** Only what was liked before the like with this id. */
  readonly before: string | undefined
  readonly limit: number
}

/** What was liked last comes first. */
export async function listLikedTracks(db: Db, viewer: Viewer, filter: LikesFilter): Promise<LikedTrackRow[]> {
  const { user_id, isAllowed, before, limit } = filter
  return db<LikedTrackRow[]>`
    select ${trackColumns(db, viewer)}, given.id as like_id, given.created_at as liked_at
    from track_likes given
    join ${tracksWithCounts(db, viewer)} on t.id = given.track_id
    where given.user_id = ${user_id} and ${isAllowed(db, viewer)}
      ${before === undefined ? db`` : db`and given.id < ${before}`}
    order by given.id desc
    limit ${limit}
  `
}
