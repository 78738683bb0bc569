import type { ReadPage, Row } from './personal-data.ts'

const readTracks: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, title, description, artists, genre, mood, tags, bpm, musical_key, isrc, iswc, language, p_line,
    c_line, lyrics, license, is_explicit, artwork_sha256, visibility, release_at, preview_start_ms,
    preview_duration_ms, is_preview_tagged, rights_confirmed_at,
    rights_confirmed_ip, status, status_reason, published_at, created_at, updated_at, deleted_at, purges_at
  from tracks
  where owner_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readTrackVersions: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    v.id, v.track_id, v.number, v.label, v.sha256, v.size_bytes, v.content_type, v.container, v.codec,
    v.duration_ms, v.bitrate_bps, v.sample_rate_hz, v.channels, v.bit_depth, v.embedded_tags, v.detected_bpm,
    v.detected_bpm_confidence, v.detected_musical_key, v.detected_musical_key_confidence, v.integrated_lufs,
    v.true_peak_dbtp, v.range_lu, v.ready_at,
    v.scanned_at, v.withdrawn_at, v.created_at
  from track_versions v
  join tracks t on t.id = v.track_id
  where t.owner_id = ${user_id} and v.id > ${after}
  order by v.id
  limit ${limit}
`

const readCollaborations: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, track_id, role, status, credit, created_at, accepted_at
  from track_collaborators
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readSplits: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    e.id, s.track_id, s.revision, s.status, e.split_bps, e.accepted_at, s.created_at, s.effective_at,
    s.ended_at
  from split_entries e
  join split_sheets s on s.id = e.sheet_id
  where e.user_id = ${user_id} and e.id > ${after}
  order by e.id
  limit ${limit}
`

const readUploads: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, track_id, filename, content_type, size_bytes, sha256, label, mode, rights_confirmed_at,
    rights_confirmed_ip, status, status_reason, created_at, updated_at
  from uploads
  where created_by = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

export const trackData: Readonly<Record<string, ReadPage>> = {
  'tracks.json': readTracks,
  'track-versions.json': readTrackVersions,
  'uploads.json': readUploads,
  'collaborations.json': readCollaborations,
  'splits.json': readSplits,
}
