import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'

export interface Viewer {
  /** Undefined for a guest. */
  readonly id: string | undefined
  /** The secret link in their hands, if any, and the time by which it must be good. */
  readonly share?: { readonly id: string; readonly at: Date } | undefined
}

/**
 * What a statement about tracks reads from: `t` the track, `o` its owner, `v` the version that plays, `mine` the
 * viewer's part in it as a collaborator.
 */
export const trackTables = (db: Db, { id }: Viewer): Fragment => db`
  tracks t
  join users o on o.id = t.owner_id
  left join track_versions v on v.id = t.current_version_id
  left join track_collaborators mine
    on mine.track_id = t.id and mine.user_id = ${id ?? null} and mine.status = 'accepted'
`

/** Whether anybody may come upon it, in lists, feeds and searches. The partial indexes of `tracks` serve it. */
export const isListed = (db: Db, { id }: Viewer): Fragment => db`(
  t.deleted_at is null and t.status = 'ready' and t.visibility = 'public' and t.hidden_at is null
  and o.deletes_at is null and ${isUnblocked(db, id, db`t.owner_id`)}
)`

/** Whether the viewer may see it who knows where it is: theirs in any state, others' once it plays. */
export const isVisible = (db: Db, viewer: Viewer): Fragment => {
  const isOut = db`
    t.status = 'ready' and (t.visibility in ('public', 'unlisted') or ${isShared(db, viewer)})
    and t.hidden_at is null and o.deletes_at is null and ${isUnblocked(db, viewer.id, db`t.owner_id`)}
  `
  if (viewer.id === undefined) return db`(t.deleted_at is null and ${isOut})`
  return db`(t.deleted_at is null and (t.owner_id = ${viewer.id} or mine.role is not null or (${isOut})))`
}

/** Whether the link in the viewer's hands leads to it, and still does. */
const isShared = (db: Db, { share }: Viewer): Fragment =>
  share === undefined
    ? db`false`
    : db`exists (
        select from track_shares s
        where s.id = ${share.id} and s.track_id = t.id and s.revoked_at is null
          and (s.expires_at is null or s.expires_at > ${share.at})
      )`

/** Whether the viewer may change it. */
export const isEditable = (db: Db, { id }: Viewer): Fragment =>
  id === undefined ? db`false` : db`(t.owner_id = ${id} or mine.role is not distinct from 'editor')`

/** Whether the viewer may have the files that it was made of. */
export const mayDownload = (db: Db, viewer: Viewer): Fragment => isEditable(db, viewer)

/** Whether there is a file that plays, and the viewer may have it. */
export const isDownloadable = (db: Db, viewer: Viewer): Fragment => db`(
  v.id is not null and v.removed_at is null and v.withdrawn_at is null and ${mayDownload(db, viewer)}
)`

/** Whether the viewer sees the track with this id, for whoever reads what hangs on it. */
export async function hasVisibleTrack(db: Db, viewer: Viewer, trackId: string): Promise<boolean> {
  const rows = await db`
    select from ${trackTables(db, viewer)} where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return rows.length > 0
}
