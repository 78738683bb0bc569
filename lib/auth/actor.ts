import * as z from 'zod/mini'

/** The caller, as the authorizer vouches for it. */
export const actor = z.object({
  id: z.uuid(),
  session_id: z.uuid(),
  role: z.enum(['user', 'creator', 'moderator', 'admin']),
  token_version: z.int(),
  /** When the user last passed every factor of theirs; seconds since 1970. */
  auth_time: z.int(),
  /** How sure that makes us: one factor or two (NIST SP 800-63B-4). */
  acr: z.enum(['aal1', 'aal2']),
})
export type Actor = z.output<typeof actor>

/** Why a presented token gives no actor; each is the code of the 401 the client gets. */
export const refusal = z.enum(['unauthenticated', 'token_expired', 'token_revoked'])
export type Refusal = z.output<typeof refusal>

export type Authentication = { readonly actor: Actor } | { readonly reason: Refusal }

/**
 * What the authorizer passes on, as API Gateway carries it (a flat map of strings, numbers and booleans).
 * The token's expiry goes along, because the gateway may answer from its cache.
 */
export const authorizerContext = z.union([
  z.object({ ...actor.shape, expires_at: z.int() }),
  z.object({ reason: refusal }),
])
export type AuthorizerContext = z.output<typeof authorizerContext>
