import type { NotificationKind } from './kinds.ts'

/**
 * How those are told by mail who want it. `own` by letters that are written where it came to pass, and tell more ·
 * `at_once` what waits for an answer, or is about the safety of what one has made · `gathered` all else, in a digest.
 */
const mailWays = {
  follow: 'gathered',
  track_like: 'gathered',
  track_repost: 'gathered',
  comment: 'gathered',
  comment_reply: 'gathered',
  comment_like: 'gathered',
  mention: 'gathered',
  collaboration_invite: 'at_once',
  collaboration_accept: 'gathered',
  split_change: 'at_once',
  new_version: 'gathered',
  playlist_invite: 'at_once',
  playlist_join: 'gathered',
  playlist_like: 'gathered',
  playlist_follow: 'gathered',
  report_resolved: 'gathered',
  moderation: 'at_once',
  version_withdrawn: 'at_once',
  version_reinstated: 'at_once',
  sale: 'own',
  refund: 'own',
  payout: 'own',
  exclusive_sold: 'own',
  offer: 'own',
  webhook: 'own',
  mail_trouble: 'gathered',
} as const satisfies Readonly<Record<NotificationKind, 'own' | 'at_once' | 'gathered'>>

export const mailWayOf = (kind: NotificationKind) => mailWays[kind]

export const gatheredKinds = (Object.keys(mailWays) as NotificationKind[]).filter(
  (kind) => mailWays[kind] === 'gathered',
)
