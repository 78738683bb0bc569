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
] as const

/** What somebody did that somebody else is told of; what it is about is one of the ids. */
export const happening = z.object({
  kind: z.enum(notificationKinds),
  recipient_id: z.uuid(),
  /** Null where it was nobody in particular. */
  actor_id: z.nullable(z.uuid()),
  track_id: z.optional(z.uuid()),
  playlist_id: z.optional(z.uuid()),
  comment_id: z.optional(z.uuid()),
})
export type Happening = z.output<typeof happening>
