import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'

/**
 * `session` every token of that session · `user` every token of the user that was issued no later than `revoked_at` ·
 * `chat_mute` the same, for the chat server alone · `version` what was made of that version,
 * to whoever holds a token of then: it may be put back later.
 */
export const revocationKind = z.enum(['session', 'user', 'chat_mute', 'version'])

export const revocation = z.object({
  id: z.uuid(),
  kind: revocationKind,
  reason: z.string(),
  user_id: z.nullable(z.uuid()),
  /** As tokens name the user. */
  user_number: z.nullable(z.int()),
  session_id: z.nullable(z.uuid()),
  version_id: z.nullable(z.uuid()),
  revoked_at: timestamp,
  /** When no token can live any more that it is about. */
  expires_at: timestamp,
})
export type Revocation = z.output<typeof revocation>

/** The cursor is there on the last page too: with it the next call goes on. */
export const revocationPage = page(revocation)

export const listRevocations = z.strictObject({ ...pageQuery.shape, since: z.optional(timestamp) })
export type ListRevocations = z.output<typeof listRevocations>
