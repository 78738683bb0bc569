import * as z from 'zod/mini'
import { timestamp } from '../http/route.ts'
import { statement } from '../text.ts'

export const chatToken = z.object({
  token: z.string(),
  expires_at: timestamp,
  /** The token goes along as `?token=`, first and alone, or in an `Authorization` header. */
  ws_url: z.string(),
})

export const muteUser = z.strictObject({
  /** The user is told of it. */
  reason: statement(500),
  /** For good where it is left out. */
  until: z.optional(timestamp),
})
export type MuteUser = z.output<typeof muteUser>
