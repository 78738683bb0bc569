import * as z from 'zod/mini'
import { actor } from '../auth/actor.ts'
import { username } from '../auth/username.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { imageUrlField } from '../images/image-url.ts'
import { emailStatuses } from '../mail-feedback/schemas.ts'
import { givenPassword, line, prose, webUrl } from '../text.ts'
import { track } from '../tracks/schemas.ts'

/** What anybody may see of a user. */
export const user = z.object({
  id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  role: actor.shape.role,
  /** Others see the texts and links of a private profile empty. */
  bio: z.string(),
  location: z.string(),
  website: z.nullable(z.string()),
  social_links: z.record(z.string(), z.string()),
  avatar_url: imageUrlField,
  is_verified: z.boolean(),
  is_private: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp,
})

/** With what others have to do with them. */
export const profile = z.extend(user, {
  /** Of a private profile null to others. */
  follower_count: z.nullable(z.int()),
  following_count: z.nullable(z.int()),
  /** Public ones that play. */
  track_count: z.int(),
  /** Between the caller and the user; null to guests, and of oneself. */
  relation: z.nullable(
    z.object({
      is_followed: z.boolean(),
      follows_you: z.boolean(),
      is_blocked: z.boolean(),
      is_muted: z.boolean(),
    }),
  ),
})

/** What a user sees of themselves. */
export const ownUser = z.extend(user, {
  email: z.string(),
  /**
   * `unreachable`: mail to the address comes back, so that none is sent there · `unwanted`: one was reported as unwanted,
   * so that none is sent which is by choice. Verifying the address anew, or another one, ends both.
   */
  email_status: z.enum(emailStatuses),
  /** When the account is deleted, as was asked for. */
  deletes_at: z.nullable(timestamp),
})

/** In any case, as at login. */
export const userParams = z.object({ username: z.string().check(z.maxLength(30), z.toLowerCase()) })

export const displayName = line(60).check(z.minLength(1))

const mostSocialLinks = 10

const socialLinks = z
  .record(z.string().check(z.regex(/^[a-z0-9_]{1,30}$/)), webUrl)
  .check(
    z.refine((links) => Object.keys(links).length <= mostSocialLinks, `At most ${mostSocialLinks} links`),
  )

export const updateUser = z.strictObject({
  username: z.optional(username),
  display_name: z.optional(displayName),
  bio: z.optional(prose(2000)),
  location: z.optional(line(100)),
  website: z.optional(z.nullable(webUrl)),
  social_links: z.optional(socialLinks),
})

export const searchUsers = z.strictObject({
  ...pageQuery.shape,
  /** The beginning or the words of a name; an `@` before it is left out. */
  q: line(100).check(
    z.overwrite((text) => text.replace(/^@\s*/, '')),
    z.minLength(1),
  ),
})
export type SearchUsers = z.output<typeof searchUsers>

/** A track, and when it was liked. */
export const likedTrackPage = page(z.extend(track, { liked_at: timestamp }))

/** The present password, whatever its form: only the right one matters. */
export const deleteUser = z.strictObject({
  password: givenPassword,
})

export const deletion = z.object({ deletes_at: timestamp })

export type User = z.output<typeof user>
export type Profile = z.output<typeof profile>
export type OwnUser = z.output<typeof ownUser>
export type UpdateUser = z.output<typeof updateUser>

/** Whom a name in a path means, and what of theirs is shown to others. */
export interface NamedUser {
  readonly id: string
  readonly is_private: boolean
  readonly show_likes: boolean
  readonly show_history: boolean
}
