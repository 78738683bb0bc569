import * as z from 'zod/mini'

/** What users are told of. */
export const notificationKinds = [
  'follow',
  'track_like',
  'track_repost',
  'comment',
  'comment_reply',
  'comment_like',
  'mention',
  'collaboration_invite',
  'collaboration_accept',
  'split_change',
  'new_version',
  'playlist_invite',
  'playlist_join',
  'playlist_like',
  'playlist_follow',
  'report_resolved',
  /** Something of one's own was warned of, hidden or removed. */
  'moderation',
  /** Something harmful was found in a version of a track that had been let in. */
  'version_withdrawn',
  /** It was not harmful after all. */
  'version_reinstated',
  /** Somebody bought what one sells or earns by. */
  'sale',
  /** Money went back to who had paid it, which may be oneself. */
  'refund',
  'payout',
  /** A track that one earns by, or has a licence of. */
  'exclusive_sold',
  /** What somebody would pay for a licence, and what became of it. */
  'offer',
  /** A webhook endpoint of one's own fails, or was switched off. */
  'webhook',
  /** Mail does not reach one's address any more, or was called unwanted there. */
  'mail_trouble',
] as const

export type NotificationKind = (typeof notificationKinds)[number]

/** What somebody did that somebody else is told of; what it is about is one of the ids. */
export const happening = z.object({
  kind: z.enum(notificationKinds),
  recipient_id: z.uuid(),
  /** Null where it was nobody in particular. */
  actor_id: z.nullable(z.uuid()),
  track_id: z.optional(z.uuid()),
  playlist_id: z.optional(z.uuid()),
  comment_id: z.optional(z.uuid()),
  order_id: z.optional(z.uuid()),
  payout_id: z.optional(z.uuid()),
  offer_id: z.optional(z.uuid()),
  endpoint_id: z.optional(z.uuid()),
})
export type Happening = z.output<typeof happening>

type Subject =
  | 'track_id'
  | 'playlist_id'
  | 'comment_id'
  | 'order_id'
  | 'payout_id'
  | 'offer_id'
  | 'endpoint_id'

/** Happenings of a kind are gathered by it: three comments on one track are told of in one line. */
const subjects: Readonly<Record<NotificationKind, readonly Subject[]>> = {
  follow: [],
  track_like: ['track_id'],
  track_repost: ['track_id'],
  comment: ['track_id'],
  comment_reply: ['track_id'],
  comment_like: ['comment_id'],
  mention: ['comment_id'],
  collaboration_invite: ['track_id'],
  collaboration_accept: ['track_id'],
  split_change: ['track_id'],
  new_version: ['track_id'],
  playlist_invite: ['playlist_id'],
  playlist_join: ['playlist_id'],
  playlist_like: ['playlist_id'],
  playlist_follow: ['playlist_id'],
  report_resolved: ['comment_id', 'track_id', 'playlist_id'],
  moderation: ['comment_id', 'track_id'],
  version_withdrawn: ['track_id'],
  version_reinstated: ['track_id'],
  sale: ['order_id'],
  refund: ['order_id'],
  payout: ['payout_id'],
  exclusive_sold: ['track_id'],
  offer: ['offer_id'],
  webhook: ['endpoint_id'],
  mail_trouble: [],
}

export function subjectOf(happening: Happening): string {
  const names = subjects[happening.kind].map((name) => happening[name])
  return names.find((id) => id !== undefined) ?? happening.recipient_id
}

/** Somebody who likes a thing twice has said nothing new; somebody who comments twice has. */
const repeatable: ReadonlySet<NotificationKind> = new Set<NotificationKind>([
  'comment',
  'comment_reply',
  'mention',
  'collaboration_invite',
  'split_change',
  'new_version',
  'playlist_invite',
  'report_resolved',
  'moderation',
  'version_withdrawn',
  'version_reinstated',
  'sale',
  'refund',
  'payout',
  'exclusive_sold',
  'offer',
  'webhook',
  'mail_trouble',
])

export const isRepeatable = (kind: NotificationKind) => repeatable.has(kind)

/** Said on a track, where the artist decides who is heard. */
const said: ReadonlySet<NotificationKind> = new Set<NotificationKind>(['comment', 'comment_reply', 'mention'])

export const isSaid = (kind: NotificationKind) => said.has(kind)

/** About the comments of a track, which a user may not want to be told of. */
const commentNotices: ReadonlySet<NotificationKind> = new Set<NotificationKind>([
  'comment',
  'comment_reply',
  'comment_like',
])

export const isCommentNotice = (kind: NotificationKind) => commentNotices.has(kind)
