import * as z from 'zod/mini'
import { page, timestamp } from '../../http/route.ts'
import { line } from '../../text.ts'
import { stream, wholeTrack } from '../schemas.ts'

/** Left out, a link is good for a week; `null` makes one that is good until it is revoked. */
export const createShare = z.strictObject({
  expires_at: z.optional(z.nullable(timestamp)),
  /** For the owner, to tell their links apart. */
  label: z.optional(line(100).check(z.minLength(1))),
})
export type CreateShare = z.output<typeof createShare>

export const shareParams = z.object({ share_id: z.uuid() })

export const share = z.object({
  id: z.uuid(),
  track_id: z.uuid(),
  label: z.nullable(z.string()),
  /** Visitors, each once a day. */
  click_count: z.int(),
  created_at: timestamp,
  expires_at: z.nullable(timestamp),
  revoked_at: z.nullable(timestamp),
})
export type Share = z.output<typeof share>

export const sharePage = page(share)

/** The link itself is shown here and never again: we keep a hash of its token. */
export const newShare = z.extend(share, { url: z.url(), token: z.string() })

export const shareTokenParams = z.object({ share_token: z.string().check(z.minLength(1)) })

/** Where the token of a secret link travels: a header, for addresses are written down on the way. */
export const shareHeaders = {
  'X-Share-Token':
    'The token of a secret link; it shows the track that the link leads to, and what is said of it.',
}
export const shareHeader = 'x-share-token'

/** What somebody with the link gets. The token opens the track's other routes as `X-Share-Token`. */
export const sharedTrack = z.object({
  track: wholeTrack,
  stream,
  expires_at: z.nullable(timestamp),
})
