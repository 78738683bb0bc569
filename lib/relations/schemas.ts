import * as z from 'zod/mini'
import { page, pageQuery } from '../http/route.ts'
import { imageUrlField } from '../images/image-url.ts'

/** A user as one of a list. */
export const listedPerson = z.object({
  id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  avatar_url: imageUrlField,
  is_verified: z.boolean(),
  /** By the caller. */
  is_followed: z.boolean(),
  follows_you: z.boolean(),
})
export type ListedPerson = z.output<typeof listedPerson>

export const personPage = page(listedPerson)

export const listFollowers = z.strictObject({
  ...pageQuery.shape,
  /** Only whom you follow yourself. */
  mutual: z._default(z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }), false),
})
export type ListFollowers = z.output<typeof listFollowers>
