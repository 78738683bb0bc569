import type { Db, Fragment } from '../db/client.ts'
import { hasRow } from '../db/has-row.ts'

/** `u` as the viewer sees them. */
export const personColumns = (db: Db, viewerId: string | undefined): Fragment => db`
  u.id, u.username, u.display_name, u.avatar_sha256 as avatar_url, u.is_verified,
  ${isFollowed(db, viewerId)} as is_followed, ${followsBack(db, viewerId)} as follows_you
`

export const isFollowed = (db: Db, viewerId: string | undefined): Fragment =>
  hasRow(db, db`follows f where f.follower_id = ${viewerId ?? null} and f.followed_id = u.id`)

export const followsBack = (db: Db, viewerId: string | undefined): Fragment =>
  hasRow(db, db`follows f where f.follower_id = u.id and f.followed_id = ${viewerId ?? null}`)
