import type { Db } from '../../db/client.ts'
import { isVisible, trackTables, type Viewer } from '../visibility.ts'
import type { WaveformBody } from './sound-schemas.ts'

export interface TrackWaveform {
  /** Whether guests see the track as well. */
  readonly is_open: boolean
  /** Names the overview; null until there is one, as are the others. */
  readonly waveform_sha256: string | null
  readonly overview: WaveformBody | null
  readonly detail_key: string | null
  readonly failure: string | null
}

/** Of the version that plays of a track that the viewer sees. */
export async function findWaveform(
  db: Db,
  viewer: Viewer,
  trackId: string,
): Promise<TrackWaveform | undefined> {
  const [row] = await db<[TrackWaveform?]>`
    select
      ${isVisible(db, { id: undefined })} as is_open, v.waveform_sha256, a.overview, a.detail_key, a.failure
    from ${trackTables(db, viewer)}
    left join track_analyses a on a.version_id = v.id
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}

export interface TrackPreview {
  /** Null until something plays; the others until the preview was made. */
  readonly version_id: string | null
  readonly object_key: string | null
  readonly start_ms: number | null
  readonly duration_ms: number | null
}

export async function findPreview(
  db: Db,
  viewer: Viewer,
  trackId: string,
): Promise<TrackPreview | undefined> {
  const [row] = await db<[TrackPreview?]>`
    select v.id as version_id, p.object_key, p.start_ms, p.duration_ms
    from ${trackTables(db, viewer)}
    left join track_previews p on p.version_id = v.id
    where t.id = ${trackId} and ${isVisible(db, viewer)}
  `
  return row
}
