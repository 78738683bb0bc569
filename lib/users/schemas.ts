import * as z from 'zod'
import { actor } from '../auth/actor.ts'
import { timestamp } from '../http/route.ts'
import { line, prose, webUrl } from '../text.ts'

/** What anybody may see of a user. */
export const user = z.object({
  id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  role: actor.shape.role,
  bio: z.string(),
  location: z.string(),
  website: z.string().nullable(),
  social_links: z.record(z.string(), z.string()),
  avatar_url: z.string().nullable(),
  is_verified: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp,
})

/** What a user sees of themselves. */
export const ownUser = user.extend({ email: z.string() })

/** In any case, as at login. */
export const userParams = z.object({ username: z.string().max(30).toLowerCase() })

export const displayName = line(60).min(1)

const mostSocialLinks = 10

const socialLinks = z
  .record(z.string().regex(/^[a-z0-9_]{1,30}$/), webUrl)
  .refine((links) => Object.keys(links).length <= mostSocialLinks, `At most ${mostSocialLinks} links`)

export const updateUser = z.strictObject({
  display_name: displayName.optional(),
  bio: prose(2000).optional(),
  location: line(100).optional(),
  website: webUrl.nullable().optional(),
  social_links: socialLinks.optional(),
})

export type OwnUser = z.output<typeof ownUser>
export type UpdateUser = z.output<typeof updateUser>
