import type { Db, Fragment } from '../db/client.ts'
import { isUnblocked } from '../relations/hiding.ts'

/**
 * Whether `u` is there for a viewer who knows the name. Whoever has not followed the link in the mail yet, or is
 * about to be deleted, is nobody to others, and whoever has blocked the viewer is nobody to them.
 */
export const isShown = (db: Db, viewerId: string | undefined): Fragment => db`(
  u.deleted_at is null
  and (u.id = ${viewerId ?? null} or (u.email_verified_at is not null and u.deletes_at is null))
  and not exists (select from blocks b where b.blocker_id = u.id and b.blocked_id = ${viewerId ?? null})
)`

/** Whether the viewer may come upon `u`, in lists and searches. The partial indexes of `users` serve it. */
export const isListed = (db: Db, viewerId: string | undefined): Fragment => db`(
  u.email_verified_at is not null and u.deletes_at is null and u.deleted_at is null
  and ${isUnblocked(db, viewerId, db`u.id`)}
)`

/** Whether `u` lets others see what they like, as they do who have not chosen. */
export const showsLikes = (db: Db): Fragment => db`coalesce((u.settings->>'show_likes')::boolean, true)`
