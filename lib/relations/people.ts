import * as z from 'zod/mini'
import type { Db, Fragment } from '../db/client.ts'
import { page, pageQuery } from '../http/route.ts'

/** A user as one of a list. */
export const person = z.object({
  id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  avatar_url: z.nullable(z.string()),
  is_verified: z.boolean(),
  /** By the caller. */
  is_followed: z.boolean(),
  follows_you: z.boolean(),
})
export type Person = z.output<typeof person>

export const personPage = page(person)

export const listFollowers = z.strictObject({
  ...pageQuery.shape,
  /** Only whom you follow yourself. */
  mutual: z._default(z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }), false),
})
export type ListFollowers = z.output<typeof listFollowers>

/** `u` as the viewer sees them. */
export const personColumns = (db: Db, viewerId: string | undefined): Fragment => db`
  u.id, u.username, u.display_name, u.avatar_url, u.is_verified,
  ${isFollowed(db, viewerId)} as is_followed, ${followsBack(db, viewerId)} as follows_you
`

export const isFollowed = (db: Db, viewerId: string | undefined): Fragment => db`
  exists (select from follows f where f.follower_id = ${viewerId ?? null} and f.followed_id = u.id)
`

export const followsBack = (db: Db, viewerId: string | undefined): Fragment => db`
  exists (select from follows f where f.follower_id = u.id and f.followed_id = ${viewerId ?? null})
`
