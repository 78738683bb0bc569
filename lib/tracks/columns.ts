import { commentCount } from '../comments/columns.ts'
import { countsOf } from '../counts/counts.ts'
import type { Db, Fragment } from '../db/client.ts'
import { hasRow } from '../db/has-row.ts'
import { isUnblocked } from '../relations/hiding.ts'
import { personOf } from '../users/person.ts'
import type { Track, WholeTrack } from './schemas.ts'
import { isDownloadable, isEditable, trackTables, type Viewer } from './visibility.ts'

export type TrackRow = Track & { readonly revision: number }
export type WholeTrackRow = WholeTrack & { readonly revision: number }

/** What plays and shows of the tempo and the key: the word of a person, or else of the file. Of `trackTables`. */
const bpmOf = (db: Db): Fragment => db`coalesce(t.bpm, v.detected_bpm, v.tag_bpm)`
const musicalKeyOf = (db: Db): Fragment =>
  db`coalesce(t.musical_key, v.detected_musical_key, v.tag_musical_key)`

/** What players turn a track up or down to: streaming services, and ReplayGain 2.0. The master stays as it is. */
const streamingLufs = -14
const replayGainLufs = -18

/** Of a row of `track_versions`, by its name in the statement; null until it was measured. */
export const loudnessOf = (db: Db, version: string): Fragment => db`
  case when ${db(version)}.integrated_lufs is not null then json_build_object(
    'integrated_lufs', ${db(version)}.integrated_lufs,
    'true_peak_dbtp', ${db(version)}.true_peak_dbtp,
    'range_lu', ${db(version)}.range_lu,
    'gain_db', round((${streamingLufs} - ${db(version)}.integrated_lufs)::numeric, 1),
    'replay_gain_db', round((${replayGainLufs} - ${db(version)}.integrated_lufs)::numeric, 1)
  ) end
`

/** Version and hash, of which its address is made. */
const waveformOf = (db: Db, version: string): Fragment =>
  db`${db(version)}.id || '/' || ${db(version)}.waveform_sha256`

/**
 * A track as the viewer sees it, of `tracksWithCounts`.
 * Both revisions only grow, so that their sum tells when either of the two rows shown has changed.
 */
export const trackColumns = (db: Db, viewer: Viewer): Fragment => db`
  t.id, ${personOf(db, 'o')} as owner,
  t.title, t.description, t.artists, t.genre, t.mood, t.tags,
  ${bpmOf(db)} as bpm, ${musicalKeyOf(db)} as musical_key,
  t.bpm is not null as is_custom_bpm, t.musical_key is not null as is_custom_musical_key,
  ${detectedColumn(db)} as detected,
  t.isrc, t.iswc, t.language, t.p_line, t.c_line, t.license, t.is_explicit, t.visibility, t.release_at,
  t.status, t.status_reason,
  case when v.id is not null then
    json_build_object('id', v.id, 'number', v.number, 'label', v.label)
  end as version,
  v.duration_ms, v.codec, v.sample_rate_hz, v.channels, v.bitrate_bps,
  t.artwork_sha256 as artwork_url,
  ${loudnessOf(db, 'v')} as loudness,
  ${waveformOf(db, 'v')} as waveform_url,
  n.like_count, n.repost_count, ${commentCount(db, viewer)} as comment_count, n.play_count,
  ${isMarked(db, 'track_likes', viewer)} as liked, ${isMarked(db, 'reposts', viewer)} as reposted,
  json_build_object(
    'stream', v.id is not null,
    'download', ${isDownloadable(db, viewer)},
    'edit', ${isEditable(db, viewer)}
  ) as access,
  t.preview_start_ms, t.preview_duration_ms, t.is_preview_tagged,
  t.published_at, t.created_at, t.updated_at, t.revision + o.revision as revision
`

/** What only those who may change a track compare. Of `trackTables`. */
export const comparedColumns = (db: Db, viewer: Viewer): Fragment => db`
  ${isEditable(db, viewer)} as is_compared,
  case when jsonb_typeof(v.embedded_tags->'length_ms') = 'number' then
    (v.embedded_tags->'length_ms')::double precision
  end as claimed_ms,
  (select a.heard_ms from track_analyses a where a.version_id = v.id) as heard_ms,
  case when ${isEditable(db, viewer)} then (
    select json_build_object(
      'upload_id', p.id, 'content_type', p.content_type, 'size_bytes', p.size_bytes, 'status', p.status,
      'status_reason', p.status_reason
    )
    from image_uploads p where p.version_id = v.id
  ) end as embedded_artwork
`

/** Those who are named for their part in it, in the order in which they came. */
export const creditsColumn = (db: Db, viewer: Viewer): Fragment => db`(
  select coalesce(json_agg(json_build_object(
    'user', ${personOf(db, 'u')}, 'credit', c.credit
  ) order by c.id), '[]')
  from track_collaborators c
  join users u on u.id = c.user_id
  where c.track_id = t.id and c.status = 'accepted' and c.credit is not null and u.deletes_at is null
    and ${isUnblocked(db, viewer.id, db`c.user_id`)}
)`

const detectedColumn = (db: Db): Fragment => db`json_build_object(
  'bpm', coalesce(v.detected_bpm, v.tag_bpm),
  'bpm_confidence', v.detected_bpm_confidence,
  'musical_key', coalesce(v.detected_musical_key, v.tag_musical_key),
  'musical_key_confidence', v.detected_musical_key_confidence,
  'title', v.embedded_tags->'title',
  'artist', v.embedded_tags->'artist',
  'album', v.embedded_tags->'album',
  'album_artist', v.embedded_tags->'albumartist',
  'genre', v.embedded_tags->'genre'->0,
  'year', v.embedded_tags->'year',
  'track_number', v.embedded_tags->'track_number',
  'isrc', v.embedded_tags->'isrc'->0,
  'copyright', v.embedded_tags->'copyright',
  'label', v.embedded_tags->'label'
)`

const isMarked = (db: Db, table: 'track_likes' | 'reposts', { id }: Viewer): Fragment =>
  id === undefined
    ? db`false`
    : hasRow(db, db`${db(table)} mark where mark.track_id = t.id and mark.user_id = ${id}`)

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
