import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { givenPassword } from '../text.ts'
import { ownUser } from '../users/schemas.ts'

/** A secret that only its holder and, hashed, the database know. */
export const opaqueToken = z.string().check(z.minLength(1), z.maxLength(2048))

/** Left out, or empty, where the token is in the cookie. */
export const refresh = z.optional(z.strictObject({ refresh_token: z.optional(opaqueToken) }))

export const signedIn = z.object({
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  /** Seconds. */
  expires_in: z.int(),
  /** Left out where it travels in a cookie. */
  refresh_token: z.optional(z.string()),
  /** What this device is known by at the next login, where it was not known before; left out in cookie mode. */
  device_token: z.optional(z.string()),
  session_id: z.uuid(),
  user: ownUser,
})

const shortText = z.string().check(z.trim(), z.minLength(1), z.maxLength(64))

/** With one of the codes where a second factor is on. */
export const stepUp = z.strictObject({
  password: givenPassword,
  code: z.optional(shortText),
  recovery_code: z.optional(shortText),
})

export const steppedUp = z.object({
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  /** Seconds. */
  expires_in: z.int(),
})

export const csrfToken = z.object({ csrf_token: z.string() })

export const session = z.object({
  id: z.uuid(),
  /** Whether it is the one that asks. */
  current: z.boolean(),
  ip: z.nullable(z.string()),
  user_agent: z.string(),
  /** Whether the second factor is not asked for on its device. */
  is_device_remembered: z.boolean(),
  created_at: timestamp,
  last_seen_at: timestamp,
  /** If it is not used again. */
  expires_at: timestamp,
})
export const sessionPage = page(session)
export const listSessions = pageQuery
export const sessionPath = z.strictObject({ session_id: z.uuid() })

export type SignedIn = z.output<typeof signedIn>
export type StepUp = z.output<typeof stepUp>
export type SteppedUp = z.output<typeof steppedUp>
export type ListSessions = z.output<typeof listSessions>
