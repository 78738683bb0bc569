import type { Db } from '../db/client.ts'
import { imageData } from '../images/personal-data.ts'
import { chatData } from './chat-data.ts'
import { commentData } from './comment-data.ts'
import { listeningData } from './listening-data.ts'
import { notificationData } from './notification-data.ts'
import { playlistData } from './playlist-data.ts'
import { purchaseData } from './purchase-data.ts'
import { salesData } from './sales-data.ts'
import { trackData } from './track-data.ts'
import { webhookData } from './webhook-data.ts'

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
    avatar_sha256, is_verified, created_at, updated_at, username_changed_at, password_changed_at,
    last_login_at, suspended_at, suspended_until, suspended_reason, deletes_at, settings
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
  ...chatData,
  ...commentData,
  ...trackData,
  'exports.json': readExports,
  ...imageData,
  ...playlistData,
  ...notificationData,
  ...purchaseData,
  ...salesData,
  ...webhookData,
}
