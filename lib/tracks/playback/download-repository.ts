import type { Db } from '../../db/client.ts'
import { artistOf } from '../artist.ts'
import { isVisible, mayDownload, trackTables, type Viewer } from '../visibility.ts'

export interface TrackFile {
  readonly version_id: string
  readonly status: string
  readonly object_key: string
  readonly container: string | null
  readonly codec: string | null
  readonly content_type: string
  readonly size_bytes: number
  readonly sha256: string
}

export interface TrackFiles {
  readonly is_entitled: boolean
  readonly title: string
  /** Who is named for it, or else its owner. */
  readonly artist: string
  /** Of the version asked for, or else of the one that plays; null where there is none. */
  readonly file: TrackFile | null
}

/** A track that the viewer sees, and what there is of it to download. */
export async function findTrackFile(
  db: Db,
  viewer: Viewer,
  trackId: string,
  versionId: string | undefined,
): Promise<TrackFiles | undefined> {
  const [row] = await db<[TrackFiles?]>`
    select
      ${mayDownload(db, viewer)} as is_entitled, t.title,
      ${artistOf(db)} as artist,
      case when h.id is not null then json_build_object(
        'version_id', h.id,
        'status', case
          when h.removed_at is not null then 'removed' when h.withdrawn_at is not null then 'rejected' else u.status
        end,
        'object_key', h.object_key, 'container', h.container, 'codec', h.codec, 'content_type', h.content_type,
        'size_bytes', h.size_bytes, 'sha256', h.sha256
      ) end as file
    from ${trackTables(db, viewer)}
    left join track_versions h
      on h.track_id = t.id and h.id = coalesce(${versionId ?? null}::uuid, t.current_version_id)
    left join uploads u on u.id = h.upload_id
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}
