import * as z from 'zod/mini'
import { ownUser } from '../users/schemas.ts'

/** A secret that only its holder and, hashed, the database know. */
export const opaqueToken = z.string().check(z.minLength(1), z.maxLength(256))

export const refresh = z.strictObject({ refresh_token: opaqueToken })

export const signedIn = z.object({
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  /** Seconds. */
  expires_in: z.int(),
  /** Left out where it travels in a cookie. */
  refresh_token: z.optional(z.string()),
  session_id: z.uuid(),
  user: ownUser,
})

export type SignedIn = z.output<typeof signedIn>
