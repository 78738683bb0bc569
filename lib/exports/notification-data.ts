import type { ReadPage, Row } from './personal-data.ts'

const readNotifications: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, kind, track_id, playlist_id, comment_id, order_id, payout_id, offer_id, endpoint_id, actor_count,
    read_at, created_at, updated_at
  from notifications
  where recipient_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

const readPreferences: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select user_id as id, choices
  from notification_preferences
  where user_id = ${user_id} and user_id > ${after}
  limit ${limit}
`

const readMutedTracks: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, track_id, created_at
  from notification_muted_tracks
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** What the user was told; who did it is theirs to tell. */
export const notificationData: Readonly<Record<string, ReadPage>> = {
  'notifications.json': readNotifications,
  'notification-preferences.json': readPreferences,
  'muted-tracks.json': readMutedTracks,
}
