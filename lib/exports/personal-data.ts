import type { Db } from '../db/client.ts'
import { imageData } from '../images/personal-data.ts'
import { listeningData } from './listening-data.ts'
import { notificationData } from './notification-data.ts'
import { playlistData } from './playlist-data.ts'

export interface Place {
  readonly user_id: string
  /** Only what comes after the row with this id. */
  readonly after: string
  readonly limit: number
}

export type Row = Readonly<Record<string, unknown>> & { readonly id: string }

/** A page of what we keep of one kind about a user, in the order of its ids. */
export type ReadPage = (db: Db, place: Place) => Promise<readonly Row[]>

const readProfile: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, username, display_name, email, email_verified_at, role, bio, location, website, social_links,
    avatar_sha256, is_verified, created_at, updated_at, username_changed_at, password_changed_at, last_login_at,
    suspended_at, suspended_until, suspended_reason, deletes_at, settings
  from users
  where id = ${user_id} and id > ${after}
  limit ${limit}
`

const readFormerUsernames: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select user_id as id, username, held_until
  from username_holds
  where user_id = ${user_id} and user_id > ${after}
  limit ${limit}
`

const readSessions: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, ip, user_agent, created_at, last_seen_at, auth_time, acr, idle_expires_at, expires_at, revoked_at,
    revoked_reason
  from sessions
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readDevices: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, ip, user_agent, created_at, last_seen_at, second_factor_at, trusted_until
  from devices
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readSecondFactor: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    user_id as id, enabled_at, created_at,
    (select count(*)::int from recovery_codes code where code.user_id = factor.user_id and used_at is null)
      as recovery_codes_left
  from totp_factors factor
  where user_id = ${user_id} and user_id > ${after}
  limit ${limit}
`

const readPasskeys: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, name, transports, is_backed_up, created_at, last_used_at
  from passkeys
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readSecurityEvents: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, at, action, outcome, target, session_id, ip, user_agent, details
  from audit_events
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readNotices: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, kind, email, ip, user_agent, created_at
  from security_notices
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readTracks: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, title, description, artists, genre, mood, tags, bpm, musical_key, isrc, iswc, language, p_line, c_line,
    lyrics, license, is_explicit, artwork_sha256, visibility, release_at, rights_confirmed_at, rights_confirmed_ip, status,
    status_reason, published_at, created_at, updated_at, deleted_at, purges_at
  from tracks
  where owner_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readTrackVersions: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    v.id, v.track_id, v.number, v.label, v.sha256, v.size_bytes, v.content_type, v.container, v.codec,
    v.duration_ms, v.bitrate_bps, v.sample_rate_hz, v.channels, v.bit_depth, v.embedded_tags, v.ready_at,
    v.created_at
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
    e.id, s.track_id, s.revision, s.status, e.split_bps, e.accepted_at, s.created_at, s.effective_at, s.ended_at
  from split_entries e
  join split_sheets s on s.id = e.sheet_id
  where e.user_id = ${user_id} and e.id > ${after}
  order by e.id
  limit ${limit}
`

const readUploads: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, track_id, filename, content_type, size_bytes, sha256, label, status, status_reason,
    created_at, updated_at
  from uploads
  where created_by = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readComments: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select
    id, track_id, version_id, parent_id, body, timestamp_ms, created_at, edited_at, hidden_at, deleted_at
  from comments
  where author_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readCommentEdits: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, comment_id, body, replaced_at
  from comment_edits
  where author_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readCommentLikes: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, comment_id, created_at
  from comment_likes
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readReports: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select r.id, m.subject_kind, m.subject_id, r.reason, r.note, r.created_at
  from reports r
  join moderation_cases m on m.id = r.case_id
  where r.reporter_id = ${user_id} and r.id > ${after}
  order by r.id
  limit ${limit}
`

const readExports: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, status, size_bytes, created_at, ready_at, expires_at
  from data_exports
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readFollows: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select f.id, f.followed_id, u.username, f.created_at
  from follows f
  join users u on u.id = f.followed_id
  where f.follower_id = ${user_id} and f.id > ${after}
  order by f.id
  limit ${limit}
`

const readBlocks: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select b.id, b.blocked_id, u.username, b.created_at
  from blocks b
  join users u on u.id = b.blocked_id
  where b.blocker_id = ${user_id} and b.id > ${after}
  order by b.id
  limit ${limit}
`

const readMutes: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select m.id, m.muted_id, u.username, m.created_at
  from mutes m
  join users u on u.id = m.muted_id
  where m.muter_id = ${user_id} and m.id > ${after}
  order by m.id
  limit ${limit}
`

const readTrackLikes: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, track_id, created_at
  from track_likes
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** By the name of the file. Never a hash, a key or a secret: a copy of this may end anywhere. */
export const personalData: Readonly<Record<string, ReadPage>> = {
  'profile.json': readProfile,
  'former-usernames.json': readFormerUsernames,
  'sessions.json': readSessions,
  'devices.json': readDevices,
  'second-factor.json': readSecondFactor,
  'passkeys.json': readPasskeys,
  'security-events.json': readSecurityEvents,
  'notices.json': readNotices,
  'follows.json': readFollows,
  'blocks.json': readBlocks,
  'mutes.json': readMutes,
  'track-likes.json': readTrackLikes,
  ...listeningData,
  'comments.json': readComments,
  'comment-edits.json': readCommentEdits,
  'comment-likes.json': readCommentLikes,
  'reports.json': readReports,
  'tracks.json': readTracks,
  'track-versions.json': readTrackVersions,
  'uploads.json': readUploads,
  'collaborations.json': readCollaborations,
  'splits.json': readSplits,
  'exports.json': readExports,
  ...imageData,
  ...playlistData,
  ...notificationData,
}
