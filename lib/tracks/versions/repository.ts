import type { Db, Fragment } from '../../db/client.ts'
import { isUnderWay } from '../../uploads/under-way.ts'
import { personOf } from '../../users/person.ts'
import { loudnessOf } from '../columns.ts'
import { isEditable, trackTables, type Viewer } from '../visibility.ts'
import type { TrackVersion } from './schemas.ts'

export type VersionRow = TrackVersion & { readonly revision: number }

/** Of `versionTables`. */
const versionColumns = (db: Db): Fragment => db`
  h.id, h.number, h.label, t.current_version_id is not distinct from h.id as is_current,
  case
    when h.withdrawn_at is not null then 'withdrawn'
    when h.removed_at is not null and u.status <> 'rejected' then 'removed'
    else u.status
  end as status, u.status_reason,
  ${personOf(db, 'c')} as created_by,
  h.upload_id, u.filename, h.content_type, h.size_bytes, h.sha256, h.duration_ms, h.codec, h.sample_rate_hz,
  h.channels, h.bit_depth, h.bitrate_bps,
  ${loudnessOf(db, 'h')} as loudness, h.created_at, h.ready_at, h.scanned_at, h.withdrawn_at, h.removed_at, h.revision
`

/** `h` a version, `u` what it came of, `c` who uploaded it; beside `trackTables`. */
const versionTables = (db: Db, viewer: Viewer): Fragment => db`
  ${trackTables(db, viewer)}
  join track_versions h on h.track_id = t.id
  join uploads u on u.id = h.upload_id
  join users c on c.id = u.created_by
`

export interface VersionFilter {
  readonly track_id: string
  /** Only versions with a lower number. */
  readonly before: number | undefined
  readonly limit: number
}

/** Newest first; none for whoever may not change the track. */
export async function listVersions(db: Db, viewer: Viewer, filter: VersionFilter): Promise<VersionRow[]> {
  const { track_id, before, limit } = filter
  return db<VersionRow[]>`
    select ${versionColumns(db)}
    from ${versionTables(db, viewer)}
    where t.id = ${track_id} and t.deleted_at is null and ${isEditable(db, viewer)}
      ${before === undefined ? db`` : db`and h.number < ${before}`}
    order by h.number desc
    limit ${limit}
  `
}

export async function findVersionOf(
  db: Db,
  viewer: Viewer,
  trackId: string,
  versionId: string,
): Promise<VersionRow | undefined> {
  const [row] = await db<[VersionRow?]>`
    select ${versionColumns(db)}
    from ${versionTables(db, viewer)}
    where t.id = ${trackId} and h.id = ${versionId} and t.deleted_at is null and ${isEditable(db, viewer)}
  `
  return row
}

export async function isEditableTrack(db: Db, viewer: Viewer, trackId: string): Promise<boolean> {
  const rows = await db`
    select from ${trackTables(db, viewer)}
    where t.id = ${trackId} and t.deleted_at is null and ${isEditable(db, viewer)}
  `
  return rows.length > 0
}

/** The track shows the label of the version that plays, so its revision goes along. */
export async function updateLabel(db: Db, versionId: string, label: string | null, now: Date): Promise<void> {
  await db`
    with renamed as (
      update track_versions set label = ${label}, revision = revision + 1 where id = ${versionId} returning id
    )
    update tracks t
    set revision = t.revision + 1, updated_at = ${now}
    from renamed r
    where t.current_version_id = r.id
  `
}

/** What is under way will not replace what somebody chose. */
export async function markChosen(db: Db, trackId: string): Promise<void> {
  await db`
    update uploads
    set swaps_in = false
    where track_id = ${trackId} and ${isUnderWay(db)}
  `
}

/** False where it plays already. */
export async function markPlaying(db: Db, trackId: string, versionId: string, now: Date): Promise<boolean> {
  const { count } = await db`
    update tracks
    set current_version_id = ${versionId}, status = 'ready', status_reason = null, revision = revision + 1,
      updated_at = ${now}
    where id = ${trackId} and current_version_id is distinct from ${versionId}
  `
  return count === 1
}
