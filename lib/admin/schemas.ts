import * as z from 'zod/mini'
import { actor } from '../auth/actor.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { prose } from '../text.ts'
import { ownUser } from '../users/schemas.ts'

/** What an admin sees of a user. A suspension that is over is none, nor is a mute. */
export const adminUser = z.extend(ownUser, {
  email_verified: z.boolean(),
  suspended_at: z.nullable(timestamp),
  suspended_until: z.nullable(timestamp),
  suspended_reason: z.nullable(z.string()),
  chat_muted_at: z.nullable(timestamp),
  chat_muted_until: z.nullable(timestamp),
  chat_mute_reason: z.nullable(z.string()),
  last_login_at: z.nullable(timestamp),
})

export const adminUserPage = page(adminUser)

export const listUsers = z.strictObject({
  ...pageQuery.shape,
  /** How a username or an address begins. */
  q: z.optional(z.string().check(z.trim(), z.toLowerCase(), z.minLength(1), z.maxLength(254))),
  status: z.optional(z.enum(['active', 'suspended'])),
})

export const targetParams = z.object({ user_id: z.uuid() })

export const suspendUser = z.strictObject({
  /** The user is told of it. */
  reason: prose(500).check(z.minLength(1)),
  /** For good where it is left out. */
  until: z.optional(timestamp),
})

export const changeRole = z.strictObject({ role: actor.shape.role })

export type AdminUser = z.output<typeof adminUser>
export type ListUsers = z.output<typeof listUsers>
export type SuspendUser = z.output<typeof suspendUser>
