import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'

export const mostInviteLinks = 50

const role = z.enum(['editor', 'viewer'])

export const createInviteLink = z.prefault(
  z.strictObject({
    role: z._default(role, 'viewer'),
    /** In seven days unless said, and in a year at most. */
    expires_at: z.optional(timestamp),
    /** How many may join by it; any number unless said. */
    max_uses: z.optional(z.nullable(z.int().check(z.minimum(1), z.maximum(1_000)))),
  }),
  {},
)
export type CreateInviteLink = z.output<typeof createInviteLink>

const inviteLink = z.object({
  id: z.uuid(),
  role,
  max_uses: z.nullable(z.int()),
  use_count: z.int(),
  expires_at: timestamp,
  created_at: timestamp,
})
export type InviteLink = z.output<typeof inviteLink>

/** The token is told this once: whoever has it may join. */
export const newInviteLink = z.extend(inviteLink, { token: z.string() })

export const inviteLinkPage = page(inviteLink)

export const inviteLinkParams = z.object({ playlist_id: id, link_id: id })

export const joinParams = z.object({ token: z.string().check(z.regex(/^[\w-]{43}$/)) })
