import type { Actor } from './actor.ts'

/** What a caller must be allowed to do, named by every route of the table. */
export type Permission =
  /** Anyone, signed in or not. */
  | 'public'
  /** Our own servers, by the policies of IAM. */
  | 'service'
  | 'account.manage'
  | 'tracks.read'
  | 'tracks.write'
  /** Like and repost. */
  | 'tracks.react'
  | 'playlists.read'
  | 'playlists.write'
  | 'comments.write'
  | 'notifications.manage'
  | 'reports.write'
  | 'chat.join'
  /** Order, pay, and hold licences. */
  | 'market.buy'
  | 'market.sell'
  /** Be told of what happens by webhooks, and read it. */
  | 'webhooks.manage'
  /** Figures of what is one's own. */
  | 'analytics.read'
  | 'moderation'
  | 'users.manage'
  | 'audit.read'
  /** See and mend what runs by itself: orders, queues. */
  | 'operations'

const user: readonly Permission[] = [
  'public',
  'account.manage',
  'tracks.read',
  'tracks.write',
  'tracks.react',
  'playlists.read',
  'playlists.write',
  'comments.write',
  'reports.write',
  'notifications.manage',
  'chat.join',
  'market.buy',
  'webhooks.manage',
  'analytics.read',
]
const creator: readonly Permission[] = [...user, 'market.sell']
const moderator: readonly Permission[] = [...creator, 'moderation']
const admin: readonly Permission[] = [...moderator, 'users.manage', 'audit.read', 'operations']

/** What each role may do; whatever is not listed is refused. */
export const permissionsOf: Readonly<Record<Actor['role'], ReadonlySet<Permission>>> = {
  user: new Set(user),
  creator: new Set(creator),
  moderator: new Set(moderator),
  admin: new Set(admin),
}
