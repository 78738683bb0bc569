import * as z from 'zod/mini'

/** What comes to pass outside the marketplace that accounts are told of by webhooks and `GET /events`. */
export const contentEvents = {
  'user.updated': z.object({ user_id: z.uuid() }),
  'track.created': z.object({ track_id: z.uuid() }),
  /** A version of it can be played. */
  'track.ready': z.object({ track_id: z.uuid(), version_id: z.uuid() }),
  'track.rejected': z.object({ track_id: z.uuid(), upload_id: z.uuid() }),
  /** Another version plays from now on. */
  'track.version_published': z.object({ track_id: z.uuid(), version_id: z.uuid() }),
  /** With those who are told: by then what says who worked on it may be gone. */
  'track.deleted': z.object({ track_id: z.uuid(), account_ids: z.array(z.uuid()) }),
  'playlist.updated': z.object({ playlist_id: z.uuid() }),
  'comment.created': z.object({ comment_id: z.uuid() }),
  'like.created': z.object({ track_id: z.uuid(), user_id: z.uuid() }),
  'upload.infected': z.object({ upload_id: z.uuid() }),
  'order.created': z.object({ order_id: z.uuid() }),
  /** Nearly all of what it allows is used up. */
  'license.limit_near': z.object({ license_id: z.uuid() }),
  'download.granted': z.object({ license_id: z.uuid(), download_id: z.uuid() }),
} as const

export type ContentEvent = keyof typeof contentEvents
